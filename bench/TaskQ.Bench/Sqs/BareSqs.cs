using System.Diagnostics;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;
using TaskQ.Sqs.Client;

namespace TaskQ.Bench.Sqs;

/// <summary>
/// The very client of the backend without a queue of TaskQ, by full batches, with the messages that TaskQ sends: as many loops
/// at once as are fastest here.
/// </summary>
internal sealed class BareSqs : IBareStore
{
    private const int BatchSize = 10;
    private const int MostCalls = 2000;
    private const int Trials = 2;

    private static readonly int[] Loops = [1, 2, 4, 8, 16, 32];
    private static readonly TimeSpan Hidden = TimeSpan.FromSeconds(30);

    private readonly ISqsClient _client;
    private readonly string _url;
    private readonly SqsOutgoingMessage[] _batch;
    private (int Add, int Take)? _best;

    private BareSqs(ISqsClient client, string url, SqsOutgoingMessage message)
    {
        _client = client;
        _url = url;
        _batch = new SqsOutgoingMessage[BatchSize];
        Array.Fill(_batch, message);
    }

    public string CallName => "SendMessage";

    /// <summary>SendMessage after SendMessage, each awaited.</summary>
    public BareLimit Call => new("SendMessage", SendAsync);

    /// <summary>SendMessageBatch of 10.</summary>
    public BareLimit Add => new("SendMessageBatch", async n => n / (await AddTakeAsync(n)).Add);

    /// <summary>ReceiveMessage of 10, then DeleteMessageBatch of what came.</summary>
    public BareLimit Take => new("ReceiveMessage+DeleteMessageBatch", async n => n / (await AddTakeAsync(n)).Take);

    /// <summary>Both, one after the other.</summary>
    public BareLimit AddAndTake => new(
        "sending, then receiving",
        async n =>
        {
            (double add, double take) = await AddTakeAsync(n);
            return n / (add + take);
        });

    public static async Task<BareSqs> OpenAsync(SqsStore store)
    {
        ISqsClient client = store.CreateClient();
        string url = await client.CreateQueueAsync($"bench-bare-{Guid.NewGuid():N}", new Dictionary<string, string>(), default);
        return new BareSqs(client, url, await MessageAsync(store, client));
    }

    public async Task<double[]> LatenciesAsync(int n, TimeSpan interval)
    {
        var latencies = new double[n];
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        for (var i = 0; i < n; i++)
        {
            await timer.WaitForNextTickAsync();
            long start = Stopwatch.GetTimestamp();
            await _client.SendAsync(_url, _batch[0], default);
            latencies[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        await TakeAsync(n, Loops[^1]);
        Array.Sort(latencies);
        return latencies;
    }

    public void Dispose() => _client.Dispose();

    // As it stands in SQS.
    private static async Task<SqsOutgoingMessage> MessageAsync(SqsStore store, ISqsClient client)
    {
        await using var bench = new BenchQueue(store.CreateFactory(), null, static _ => { });
        await bench.Queue.AddAsync(new NoopTask(bench.Queue, static (_, _) => { }, typed: false).Make(100_000));
        string url = await client.GetQueueUrlAsync(bench.Queue.Name, default);
        SqsReceived received = await client.ReceiveAsync(url, new SqsReceiveRequest { MaxMessages = 1, WaitTime = TimeSpan.FromSeconds(5) }, default);
        return new SqsOutgoingMessage { Body = received.Messages[0].Body, Attributes = received.Messages[0].Attributes, Delay = TimeSpan.Zero };
    }

    private async Task<double> SendAsync(int n)
    {
        int count = Math.Min(n, MostCalls) / BatchSize * BatchSize;
        long start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            await _client.SendAsync(_url, _batch[0], default);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await TakeAsync(count, Loops[^1]);
        return count / seconds;
    }

    /// <summary>The seconds of each; the first time finds out how many loops are best.</summary>
    private async Task<(double Add, double Take)> AddTakeAsync(int n)
    {
        int whole = (n + BatchSize - 1) / BatchSize * BatchSize;
        double scale = (double)n / whole;
        (int Add, int Take) best = _best ?? default;
        if (_best is null)
        {
            best.Add = await BestAsync(async loops =>
            {
                double seconds = await AddAsync(whole, loops);
                await TakeAsync(whole, loops);
                return seconds;
            });
            best.Take = await BestAsync(async loops =>
            {
                await AddAsync(whole, best.Add);
                return await TakeAsync(whole, loops);
            });
            _best = best;
        }

        double add = await AddAsync(whole, best.Add);
        return (scale * add, scale * await TakeAsync(whole, best.Take));
    }

    private static async Task<int> BestAsync(Func<int, Task<double>> round)
    {
        var seconds = new SortedDictionary<int, double>();
        for (var trial = 0; trial < Trials; trial++)
        {
            foreach (int loops in Loops)
            {
                double took = await round(loops);
                seconds[loops] = Math.Min(took, seconds.GetValueOrDefault(loops, took));
            }
        }

        return seconds.MinBy(pair => pair.Value).Key;
    }

    private Task<double> AddAsync(int n, int loops) => TimeAsync(n, loops, async _ =>
    {
        IReadOnlyList<SqsSendResult> results = await _client.SendBatchAsync(_url, _batch, default);
        return results.Any(result => result.Error is not null) ? throw new BenchException("SQS refused a message.") : results.Count;
    });

    private Task<double> TakeAsync(int n, int loops) => TimeAsync(n, loops, async left =>
    {
        var request = new SqsReceiveRequest { MaxMessages = left, WaitTime = TimeSpan.Zero, VisibilityTimeout = Hidden };
        SqsReceived received = await _client.ReceiveAsync(_url, request, default);
        if (received.Messages.Count == 0)
        {
            return 0;
        }

        IReadOnlyList<SqsEntryError?> errors = await _client.DeleteBatchAsync(_url, [.. received.Messages.Select(m => m.ReceiptHandle)], default);
        return errors.Any(error => error is not null) ? throw new BenchException("SQS refused to delete a message.") : errors.Count;
    });

    /// <summary>Repeats a call, so many at once, until together they had that many messages. A call is told how many are left for it.</summary>
    private static async Task<double> TimeAsync(int n, int loops, Func<int, Task<int>> call)
    {
        int claimed = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, loops).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Add(ref claimed, BatchSize) <= n)
            {
                for (int left = BatchSize; left > 0;)
                {
                    left -= await call(left);
                }
            }
        })));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
