using System.Collections.Concurrent;
using System.Diagnostics;
using TaskQ.Backend;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>What the fault tests stand on: a queue over a client that can be disturbed, in a real server.</summary>
public abstract class FaultTest : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> _factories = [];

    private protected FaultTest(SqsServer server)
    {
        Server = server;
        var client = new AwsSqsClient(server.Options());
        Sqs = new FaultySqs(IsFlawed ? new ReceiptCorrection().Wrap(client) : client);
    }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected SqsServer Server { get; }

    private protected FaultySqs Sqs { get; }

    /// <summary>Whether it is local-aws-sqs, which needs a correction and short polls: it ends one only when it is full or over.</summary>
    protected bool IsFlawed => Server is LocalAwsSqsServer { IsGiven: false };

    /// <summary>How often each argument ran.</summary>
    protected ConcurrentDictionary<int, int> Runs { get; } = [];

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        (Sqs.OnSend, Sqs.OnReceive, Sqs.OnDelete, Sqs.OnChange) = (null, null, null, null);
        foreach (IAsyncDisposable factory in _factories)
        {
            await factory.DisposeAsync();
        }

        Sqs.Dispose();
    }

    protected static string NewName() => "f-" + Guid.NewGuid().ToString("N");

    protected static TimeSpan Sec(double seconds) => TimeSpan.FromSeconds(seconds);

    protected static Lease NewLease(double seconds = 30) => new(Guid.NewGuid(), Sec(seconds));

    protected TaskQueue Queue(Action<QueueOptions>? configure = null, Action<SqsOptions>? configureSqs = null)
    {
        var options = new QueueOptions { Name = NewName(), MinWorkers = 4, MaxWorkers = 4, FetchWait = Sec(2) };
        configure?.Invoke(options);
        var sqs = Server.Options(o =>
        {
            o.CreateQueues = true;
            o.LongPoll = IsFlawed ? Sec(1) : o.LongPoll;
        });
        configureSqs?.Invoke(sqs);
        var factory = new SqsQueueFactory(Sqs, sqs);
        _factories.Add(factory);
        return factory.RegisterQueue(options);
    }

    protected TaskDefinition Counting(TaskQueue queue, string task = "t")
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.RegisterTask(task, (int n) => { Runs.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
    }

    protected static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Not so in {Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    protected static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    protected static Task EmptyAsync(TaskQueue queue) => UntilAsync(
        async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty");
}
