using System.Diagnostics;
using TaskQ.Backend;

namespace TaskQ.Conformance.Harness;

/// <summary>What every suite of the conformance tests stands on: queues of their own, bounded waits, and time.</summary>
public abstract class ConformanceTest(BackendFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(2);

    // .NET times by a clock that Linux moves with each tick: every 4 ms at 250 Hz, 10 ms at 100 Hz. A timer that is set late in
    // a tick and ends at the start of another is early by almost one.
    // https://man7.org/linux/man-pages/man2/clock_getres.2.html (CLOCK_MONOTONIC_COARSE)
    private static readonly TimeSpan TimerResolution = TimeSpan.FromMilliseconds(10);

    private readonly List<QueueFactory> _factories = [];
    private readonly List<Gate> _gates = [];
    private QueueFactory? _factory;

    protected BackendFixture Fixture { get; } = fixture;

    protected TimeProvider Clock => Fixture.TimeProvider;

    protected DateTimeOffset Now => Clock.GetUtcNow();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The factory that <see cref="Queue"/> uses.</summary>
    protected QueueFactory Factory => _factory ??= NewFactory();

    public virtual ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var gate in _gates)
        {
            gate.Open();
        }

        _factories.Reverse();
        foreach (var factory in _factories)
        {
            await EndAsync(factory.DisposeAsync().AsTask());
        }

        await Fixture.DisposeAsync();
    }

    protected static TimeSpan Ms(double value) => TimeSpan.FromMilliseconds(value);

    protected static TimeSpan Sec(double value) => TimeSpan.FromSeconds(value);

    protected static TimeSpan Min(double value) => TimeSpan.FromMinutes(value);

    protected static TimeSpan Hours(double value) => TimeSpan.FromHours(value);

    protected static string UniqueName() => "q-" + Guid.NewGuid().ToString("N");

    protected QueueFactory NewFactory() => Keep(Fixture.CreateFactory());

    /// <summary>A queue of a name of its own, with four workers and no scaling unless told otherwise.</summary>
    protected TaskQueue Queue(Action<QueueOptions>? configure = null, QueueFactory? factory = null)
    {
        var options = new QueueOptions
        {
            Name = UniqueName(),
            MinWorkers = 4,
            MaxWorkers = 4,
            TimeProvider = Clock,
        };
        configure?.Invoke(options);
        return (factory ?? Factory).RegisterQueue(options);
    }

    /// <summary>
    /// The same queue in another process: over a factory of its own where the store can be shared, otherwise over
    /// the same open store. Faults can be put between it and the store.
    /// </summary>
    protected TaskQueue OtherProcess(TaskQueue queue, out FaultyBackend backend, Action<QueueOptions>? configure = null)
    {
        var options = queue.Options.Copy();
        configure?.Invoke(options);
        var store = Fixture.SharesStore ? NewFactory().RegisterQueue(options) : queue;
        var faulty = backend = new FaultyBackend(Fixture.BackendOf(store));
        return Keep(new ProcessFactory(_ => faulty)).RegisterQueue(options);
    }

    protected TaskQueue OtherProcess(TaskQueue queue, Action<QueueOptions>? configure = null) =>
        OtherProcess(queue, out _, configure);

    protected IQueueBackend Backend(TaskQueue queue) => Fixture.BackendOf(queue);

    protected Recorder NewRecorder() => new(Clock, Fixture.Patience);

    /// <summary>A gate that is opened at the end of the test at the latest.</summary>
    protected Gate NewGate()
    {
        var gate = new Gate();
        _gates.Add(gate);
        return gate;
    }

    protected static void Require(bool condition, string reason) => Assert.SkipUnless(condition, reason);

    protected Task SettleAsync() => Fixture.SettleAsync();

    /// <summary>Lets time pass. Pass a small step while messages are in flight, so that heartbeats can follow.</summary>
    protected Task AdvanceAsync(TimeSpan by, TimeSpan? step = null)
    {
        RequireClock(by);
        return Fixture.AdvanceAsync(by, step ?? DefaultStep(by));
    }

    /// <summary>Lets time pass until something is so, and fails when it is not so in time.</summary>
    protected async Task AdvanceUntilAsync(Func<Task<bool>> condition, TimeSpan within, string what, TimeSpan? step = null)
    {
        RequireClock(within);
        var pace = step ?? DefaultStep(within);
        var end = Now + within;
        await SettleAsync();
        while (!await condition())
        {
            if (Now >= end)
            {
                // The last step may still be on its way.
                await EventuallyAsync(condition, $"{what}, within {within}");
                return;
            }

            await Fixture.AdvanceAsync(Fixture.HasFakeClock ? pace : PollPause, pace);
        }
    }

    protected Task AdvanceUntilAsync(Func<bool> condition, TimeSpan within, string what, TimeSpan? step = null) =>
        AdvanceUntilAsync(() => Task.FromResult(condition()), within, what, step);

    /// <summary>Lets time pass until a task ends, and rethrows what it failed with.</summary>
    protected async Task AdvanceUntilAsync(Task task, TimeSpan within, string what, TimeSpan? step = null)
    {
        await AdvanceUntilAsync(() => task.IsCompleted, within, what, step);
        await task;
    }

    /// <summary>Waits in real time, without moving the clock, until something is so.</summary>
    protected async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Fixture.Patience)
            {
                Assert.Fail($"Not so in {Fixture.Patience}: {what}.");
            }

            await Task.Delay(PollPause, TimeProvider.System, Token);
        }
    }

    protected Task EventuallyAsync(Func<bool> condition, string what) =>
        EventuallyAsync(() => Task.FromResult(condition()), what);

    /// <summary>Waits in real time for a task that must need no time of the clock.</summary>
    protected async Task AtOnceAsync(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Fixture.Patience, Token);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"Not done in {Fixture.Patience} of real time: {what}.");
        }
    }

    protected async Task<T> AtOnceAsync<T>(Task<T> task, string what)
    {
        await AtOnceAsync((Task)task, what);
        return await task;
    }

    /// <summary>Waits until nothing is ready, delayed or in flight.</summary>
    protected Task EmptyAsync(TaskQueue queue) => EventuallyAsync(
        async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 },
        "the queue is empty");

    /// <summary>Waits until a stop that was asked for has ended the fetching.</summary>
    protected Task FetchingEndedAsync(TaskQueue queue) =>
        EventuallyAsync(() => queue.Consumer.Stats.Fetchers == 0, "nothing is fetched any more");

    protected async Task CountsAsync(TaskQueue queue, long ready = 0, long delayed = 0, long inFlight = 0, long dead = 0)
    {
        var expected = Seen(new QueueCounts(ready, delayed, inFlight, dead));
        var last = default(QueueCounts);
        var started = Stopwatch.GetTimestamp();
        while ((last = Seen(await queue.CountAsync(Token))) != expected)
        {
            if (Stopwatch.GetElapsedTime(started) > Fixture.Patience)
            {
                Assert.Equal(expected, last);
            }

            await Task.Delay(PollPause, TimeProvider.System, Token);
        }
    }

    /// <summary>Asserts that something happened no earlier than allowed, and no later than a step of the clock after that.</summary>
    protected void AssertBetween(TimeSpan actual, TimeSpan from, TimeSpan to, TimeSpan step = default) =>
        Assert.InRange(actual, from, to + step + Fixture.Tolerance);

    /// <summary>
    /// The same of what a timer of this process ends: by a real clock, a little early too. Not for a due time, which the
    /// store compares with its clock.
    /// </summary>
    protected void AssertTimer(TimeSpan actual, TimeSpan expected, TimeSpan step) =>
        AssertBetween(actual, expected - (Fixture.HasFakeClock ? TimeSpan.Zero : TimerResolution), expected, step);

    protected Task StopAsync(TaskQueue queue) => EndAsync(queue.StopAsync(Sec(30)));

    /// <summary>Reserves messages as a bare process would.</summary>
    protected async Task<Lease> FetchAsync(TaskQueue queue, int max = 100, TimeSpan? duration = null, bool suspect = false)
    {
        var lease = new Lease(Guid.CreateVersion7(), duration ?? Sec(30));
        lease.Deliveries = (await ExchangeAsync(queue, new FetchRequest(lease, max, TimeSpan.Zero, suspect))).Deliveries;
        return lease;
    }

    protected Task<ExchangeResult> ExchangeAsync(TaskQueue queue, FetchRequest fetch) =>
        Backend(queue).ExchangeAsync([], fetch, Token).AsTask();

    protected Task<ExchangeResult> SettleAsync(TaskQueue queue, params Settlement[] finished) =>
        Backend(queue).ExchangeAsync(finished, null, Token).AsTask();

    private QueueCounts Seen(QueueCounts counts) => Fixture.WaitsAside
        ? counts
        : new QueueCounts(counts.Ready, 0, counts.Delayed + counts.InFlight, counts.Dead);

    private static TimeSpan DefaultStep(TimeSpan span) => span <= Min(1)
        ? TimeSpan.FromTicks(Math.Max(span.Ticks / 20, TimeSpan.TicksPerMillisecond))
        : span / 40;

    private void RequireClock(TimeSpan span) => Require(
        Fixture.HasFakeClock || span <= Fixture.LongestRealWait,
        $"{span} would have to be waited for by a real clock.");

    protected T Keep<T>(T factory)
        where T : QueueFactory
    {
        _factories.Add(factory);
        return factory;
    }

    // A stop has a timeout by the test's clock, so that clock must move if something does not end by itself.
    private Task EndAsync(Task ending) => Fixture.HasFakeClock
        ? AdvanceUntilAsync(ending, Min(5), "the queue stops", Sec(1))
        : ending.WaitAsync(Min(1));
}
