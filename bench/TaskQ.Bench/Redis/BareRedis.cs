using System.Diagnostics;
using StackExchange.Redis;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Probe;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Redis;

/// <summary>The server without a queue, over a connection of the same kind: what no queue in it can surpass.</summary>
internal sealed class BareRedis : IBareStore
{
    private const int BatchSize = 500;
    private const int BatchesAtOnce = 20;
    private const int MostPings = 20_000;

    // Fewer are done in some milliseconds, and then the rate says little.
    private const int FewestRecords = 500_000;

    // What a store keeps beside the frame, about: flags, two times, the task's name.
    private const int HeadLength = 24;

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly string _key;
    private readonly byte[] _record;

    private BareRedis(ConnectionMultiplexer connection, string key, int frameLength)
    {
        _connection = connection;
        _database = connection.GetDatabase();
        _key = key;
        _record = new byte[frameLength + HeadLength];
    }

    public string CallName => "PING";

    /// <summary>PING after PING, each awaited.</summary>
    public BareLimit Call => new("PING", PingAsync);

    /// <summary>Variadic LPUSH, pipelined.</summary>
    public BareLimit Add => new($"LPUSH of {_record.Length} B", async n => n / (await PushPopAsync(n)).Push);

    /// <summary>LPOP with count, pipelined.</summary>
    public BareLimit Take => new($"LPOP of {_record.Length} B", async n => n / (await PushPopAsync(n)).Pop);

    /// <summary>Both, one after the other.</summary>
    public BareLimit AddAndTake => new(
        $"LPUSH+LPOP of {_record.Length} B",
        async n =>
        {
            (double push, double pop) = await PushPopAsync(n);
            return n / (push + pop);
        });

    public static async Task<BareRedis> OpenAsync(RedisStore store) =>
        new(await store.ConnectAsync(), store.Key("bare"), await FrameProbe.LengthAsync());

    /// <summary>How long a PING takes when there is one now and then, in milliseconds, ascending.</summary>
    public async Task<double[]> LatenciesAsync(int n, TimeSpan interval)
    {
        var latencies = new double[n];
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        for (var i = 0; i < n; i++)
        {
            await timer.WaitForNextTickAsync();
            long start = Stopwatch.GetTimestamp();
            await _database.PingAsync();
            latencies[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(latencies);
        return latencies;
    }

    public void Dispose() => _connection.Dispose();

    private async Task<double> PingAsync(int n)
    {
        int count = Math.Min(n, MostPings);
        long start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            await _database.PingAsync();
        }

        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<(double Push, double Pop)> PushPopAsync(int n)
    {
        var values = new RedisValue[BatchSize];
        Array.Fill(values, _record);
        int batches = Math.Max(n, FewestRecords) / BatchSize;
        double scale = (double)n / (batches * BatchSize);
        double push = scale * await TimeAsync(batches, () => _database.ListLeftPushAsync(_key, values));
        await CheckLengthAsync(batches * BatchSize);
        double pop = scale * await TimeAsync(batches, () => _database.ExecuteAsync("LPOP", _key, BatchSize));
        await CheckLengthAsync(0);
        return (push, pop);
    }

    private async Task CheckLengthAsync(long expected)
    {
        long length = await _database.ListLengthAsync(_key);
        if (length != expected)
        {
            throw new BenchException($"The list of the bare limit should hold {expected} records, but holds {length}.");
        }
    }

    private static async Task<double> TimeAsync(int batches, Func<Task> call)
    {
        long start = Stopwatch.GetTimestamp();
        var calls = new List<Task>(BatchesAtOnce);
        for (var i = 0; i < batches; i++)
        {
            calls.Add(call());
            if (calls.Count == BatchesAtOnce)
            {
                await Task.WhenAll(calls);
                calls.Clear();
            }
        }

        await Task.WhenAll(calls);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
