using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Consume;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class ConsumerFaultTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly AsyncLocal<string?> _local = new();

    [Fact]
    public async Task RateLimiter_Fails_MessageIsGivenBack()
    {
        var rig = new ConsumerRig(options => options.RateLimiter = new BrokenLimiter());
        Delivery delivery = ConsumerRig.Deliver(rig.Queue.RegisterTask("t", () => { }));
        rig.Backend.Ready(delivery);

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);

        await ConsumerRig.Within(rig.Backend.SettledAsync(settled => settled.Count == 1));
        Assert.Equal(SettlementKind.Release, rig.Backend.Settled[0].Kind);
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task Fetch_ReplyLost_IsAskedAgainUnderTheSameLease()
    {
        var rig = new ConsumerRig();
        var leases = new List<Guid>();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Backend.OnExchange = (_, fetch, _) =>
        {
            if (fetch is null || leases.Count == 2)
            {
                return null;
            }

            leases.Add(fetch.Lease.Id);
            if (leases.Count == 1)
            {
                throw new IOException("reply lost");
            }

            asked.SetResult();
            return null;
        };

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await rig.AdvanceUntilAsync(asked.Task, Second);

        Assert.Equal(leases[0], leases[1]);
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task Suspects_ReportedButNotToBeHad_AreNotAskedForWithoutPause()
    {
        var rig = new ConsumerRig();
        int exchanges = 0;
        rig.Backend.OnExchange = (_, _, _) =>
        {
            Interlocked.Increment(ref exchanges);
            return new(new ExchangeResult { SuspectsWaiting = true });
        };

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.UntilAsync(() => Volatile.Read(ref exchanges) > 100 || rig.Clock.NextTimer < Second);

        Assert.InRange(Volatile.Read(ref exchanges), 1, 4);
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task StopAsync_FetchNeverEnds_SettlesAndEndsAllTheSame()
    {
        var rig = new ConsumerRig();
        var never = new TaskCompletionSource<ExchangeResult>();
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int fetches = 0;
        rig.Backend.OnExchange = (finished, fetch, _) =>
        {
            if (fetch is null || Interlocked.Increment(ref fetches) == 1)
            {
                return null;
            }

            hanging.TrySetResult();
            return new(never.Task);
        };
        rig.Backend.Ready(ConsumerRig.Deliver(rig.Queue.RegisterTask("t", () =>
        {
            started.SetResult();
            return hanging.Task;
        })));

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.Within(started.Task);
        await ConsumerRig.Within(hanging.Task);
        Task stop = rig.Queue.StopAsync(Second);

        await ConsumerRig.Within(rig.Backend.SettledAsync(settled => settled.Count == 1));
        await rig.AdvanceUntilAsync(stop, Second);
        Assert.Equal(SettlementKind.Complete, rig.Backend.Settled[0].Kind);
    }

    [Fact]
    public async Task Fetch_NeverEnds_DoesNotHoldBackWhatIsFinished()
    {
        var rig = new ConsumerRig();
        var never = new TaskCompletionSource<ExchangeResult>();
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int fetches = 0;
        rig.Backend.OnExchange = (_, fetch, _) =>
        {
            if (fetch is null || Interlocked.Increment(ref fetches) == 1)
            {
                return null;
            }

            hanging.TrySetResult();
            return new(never.Task);
        };
        rig.Backend.Ready(ConsumerRig.Deliver(rig.Queue.RegisterTask("t", () => hanging.Task)));

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await rig.AdvanceUntilAsync(rig.Backend.SettledAsync(settled => settled.Count == 1), Second);

        await rig.AdvanceUntilAsync(rig.Queue.StopAsync(Second), Second);
    }

    [Fact]
    public async Task StopAsync_CancellationCallbackThrows_EndsAllTheSame()
    {
        var rig = new ConsumerRig();
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Backend.OnExchange = (_, fetch, token) =>
        {
            if (fetch is not null && !token.IsCancellationRequested && !registered.Task.IsCompleted)
            {
                token.Register(() => throw new InvalidOperationException("callback"));
                registered.SetResult();
            }

            return null;
        };
        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.Within(registered.Task);

        await ConsumerRig.Within(rig.Queue.StopAsync(Second));

        Assert.Equal(0, rig.Queue.Consumer.Stats.Workers);
    }

    [Fact]
    public async Task StopAsync_LongestTimeoutThereIs_IsTaken()
    {
        var rig = new ConsumerRig();
        var end = new TaskCompletionSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Delivery delivery = ConsumerRig.Deliver(rig.Queue.RegisterTask("t", () =>
        {
            started.SetResult();
            return end.Task;
        }));
        rig.Backend.Ready(delivery);
        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.Within(started.Task);

        Task stop = rig.Queue.StopAsync(TimeSpan.MaxValue);
        end.SetResult();

        await ConsumerRig.Within(stop);
        Assert.Equal(SettlementKind.Complete, Assert.Single(rig.Backend.Settled).Kind);
    }

    [Fact]
    public async Task Logger_Throws_ConsumerGoesOnAndStops()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<ILoggerFactory, BrokenLoggerFactory>().BuildServiceProvider();
        var rig = new ConsumerRig(options => options.Services = services);
        int exchanges = 0;
        rig.Backend.OnExchange = (_, _, _) =>
            Interlocked.Increment(ref exchanges) == 1 ? throw new IOException("no store") : null;
        rig.Backend.Ready(ConsumerRig.Deliver(rig.Queue.RegisterTask("t", () => { })));

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await rig.AdvanceUntilAsync(rig.Backend.SettledAsync(settled => settled.Count == 1), Second);

        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task Finished_NextHandlerBlocksItsThread_IsSettledMeanwhile()
    {
        var rig = new ConsumerRig();
        using var nextIsHere = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var blocked = new ManualResetEventSlim();
        TaskDefinition quick = rig.Queue.RegisterTask("quick", () => { nextIsHere.Wait(ThreadPatience); });
        TaskDefinition slow = rig.Queue.RegisterTask("slow", () =>
        {
            blocked.Set();
            release.Wait(ThreadPatience);
        });
        Delivery first = ConsumerRig.Deliver(quick);
        rig.Backend.Ready(first, ConsumerRig.Deliver(slow));

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.UntilAsync(() => rig.Queue.Consumer.Stats.Buffered == 1);
        nextIsHere.Set();
        await ConsumerRig.UntilAsync(() => blocked.IsSet);
        Task settled = rig.Backend.SettledAsync(settled => settled.Exists(one => one.Delivery == first));
        try
        {
            await rig.AdvanceUntilAsync(settled, Second);
        }
        finally
        {
            release.Set();
        }

        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task Settlement_SentWhileAHandlerRuns_DoesNotCarryItsAsyncLocals()
    {
        var rig = new ConsumerRig();
        using var nextIsHere = new ManualResetEventSlim();
        var end = new TaskCompletionSource();
        string? seen = "nothing was sent";
        rig.Backend.OnExchange = (finished, fetch, _) =>
        {
            if (finished.Count > 0 && fetch is null)
            {
                seen = _local.Value;
            }

            return null;
        };
        TaskDefinition quick = rig.Queue.RegisterTask("quick", () => { nextIsHere.Wait(ThreadPatience); });
        TaskDefinition dirty = rig.Queue.RegisterTask("dirty", () =>
        {
            _local.Value = "the handler's";
            return end.Task;
        });
        Delivery first = ConsumerRig.Deliver(quick);
        rig.Backend.Ready(first, ConsumerRig.Deliver(dirty));

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.UntilAsync(() => rig.Queue.Consumer.Stats.Buffered == 1);
        nextIsHere.Set();
        await ConsumerRig.Within(rig.Backend.SettledAsync(settled => settled.Exists(one => one.Delivery == first)));

        Assert.Null(seen);
        end.SetResult();
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
    }

    [Fact]
    public async Task ProcessAllAsync_StoppedMeanwhile_DoesNotSpin()
    {
        var rig = new ConsumerRig();
        int counts = 0;
        rig.Backend.OnCount = () =>
        {
            Interlocked.Increment(ref counts);
            return new QueueCounts(1, 0, 0, 0);
        };
        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        using var enough = new CancellationTokenSource();
        Task all = rig.Queue.Consumer.ProcessAllAsync(enough.Token);
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));

        // Only its own poll is armed now; it fires, and the next look must wait for the clock again.
        rig.Clock.Advance(rig.Clock.NextTimer!.Value);
        await ConsumerRig.UntilAsync(() => Volatile.Read(ref counts) > 100 || (Volatile.Read(ref counts) > 1 && rig.Clock.ArmedTimers > 0));

        Assert.InRange(Volatile.Read(ref counts), 2, 3);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ConsumerRig.Within(all));
    }

    private static readonly TimeSpan ThreadPatience = TimeSpan.FromSeconds(10);

    private sealed class BrokenLimiter : RateLimiter
    {
        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new ObjectDisposedException("limiter");

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            throw new ObjectDisposedException("limiter");
    }

    private sealed class BrokenLoggerFactory : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new ObjectDisposedException("logger");

        public void Dispose()
        {
        }
    }
}
