using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Finish;
using TaskQ.Scale;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>One run of a consumer, from its start to its stop.</summary>
/// <remarks>
/// Stopping: 1. stop fetching; 2. give back what was not started; 3. let running handlers end within the timeout;
/// 4. cancel those that did not, and give their messages back.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A run ends by StopAsync, which disposes what it owns.")]
internal sealed class ConsumerRun
{
    /// <summary>How long a cancelled handler may take to end before its message is given back all the same.</summary>
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(1);

    /// <summary>How long the store may take to settle the last messages.</summary>
    private static readonly TimeSpan SettleGrace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _fetchStopping = new();
    private readonly List<Pulse> _pulses = [];
    private int _fetchFull;
    private int _operatorPause;

    public ConsumerRun(TaskQueue queue, IReadOnlyList<IConsumerHook> hooks, ConsumerCounters counters, ILogger logger)
    {
        QueueOptions options = queue.Options;
        Queue = queue;
        Counters = counters;
        Logger = logger;
        TimeProvider = options.TimeProvider;
        FetchStopping = _fetchStopping.Token;

        bool limited = options.RateLimit is not null || options.WorkerLimit is not null || options.RateLimiter is not null;
        HandOverEach = limited;
        int maxRunning = Math.Min(options.MaxWorkers, options.WorkerLimit ?? int.MaxValue);
        MaxWorkers = maxRunning;
        Buffer = new DeliveryBuffer(options.BufferSize!.Value, options.FetchBatchSize!.Value, limited ? maxRunning : null, TimeProvider);
        Leases = new LeaseTable();
        Settler = new Settler(queue, Leases, logger);
        Errors = new ErrorPause(options.PauseErrorsThreshold, options.PauseDuration, TimeProvider);
        Suspects = new SuspectGate(this);
        Dispatcher = new Dispatcher(queue, hooks, logger);
        Fetched = new FetchMeter(TimeProvider);
        Crew = new Crew(TimeProvider);
        Workers = new LoopPool(() => Launch(new Worker(this).RunAsync));
        Fetchers = new LoopPool(() => Launch(new Fetcher(this).RunAsync));
    }

    public TaskQueue Queue { get; }

    public ILogger Logger { get; }

    public TimeProvider TimeProvider { get; }

    public DeliveryBuffer Buffer { get; }

    public LeaseTable Leases { get; }

    public Settler Settler { get; }

    public ErrorPause Errors { get; }

    public SuspectGate Suspects { get; }

    public Dispatcher Dispatcher { get; }

    public ConsumerCounters Counters { get; }

    public LoopPool Workers { get; }

    public LoopPool Fetchers { get; }

    public Crew Crew { get; }

    public FetchMeter Fetched { get; }

    /// <summary>The most workers that limits leave.</summary>
    public int MaxWorkers { get; }

    /// <summary>Whether each message is settled as soon as it ends, because a limit counts what runs.</summary>
    public bool HandOverEach { get; }

    /// <summary>Cancelled when fetching stops.</summary>
    public CancellationToken FetchStopping { get; }

    /// <summary>Whether the last fetch brought all that it asked for.</summary>
    public bool LastFetchFull
    {
        get => Volatile.Read(ref _fetchFull) != 0;
        set => Volatile.Write(ref _fetchFull, value ? 1 : 0);
    }

    public bool IsPausedByOperator
    {
        get => Volatile.Read(ref _operatorPause) != 0;
        set => Volatile.Write(ref _operatorPause, value ? 1 : 0);
    }

    public void Start()
    {
        QueueOptions options = Queue.Options;
        var heartbeat = new Heartbeat(Queue, Leases, Logger);
        _pulses.Add(new Pulse($"TaskQ beat {Queue.Name}", Heartbeat.IntervalOf(options), TimeProvider, heartbeat.Beat));
        SetWorkers(Math.Min(options.MinWorkers, MaxWorkers));
        Fetchers.SetTarget(options.MinFetchers);
        if (options.MinWorkers < MaxWorkers || options.MinFetchers < options.MaxFetchers)
        {
            var scale = new ScaleLoop(this);
            _pulses.Add(new Pulse($"TaskQ scale {Queue.Name}", ScaleLoop.LookInterval, TimeProvider, scale.Look));
        }

        Log.Started(Logger, Queue.Name);
    }

    /// <summary>Grows at once; shrinks as workers become idle.</summary>
    public void SetWorkers(int target)
    {
        Crew.BeginEpoch();
        Buffer.WakeIdle(Workers.SetTarget(target));
    }

    public async Task StopAsync(TimeSpan timeout)
    {
        Task fetchersLeft = Fetchers.CloseAsync();
        await _fetchStopping.CancelAsync().ConfigureAwait(false);
        Task workersLeft = Workers.CloseAsync();
        GiveBack(Buffer.Close());
        await fetchersLeft.ConfigureAwait(false);

        await workersLeft.WaitAsync(timeout < QueueDefaults.LongestTimer ? timeout : QueueDefaults.LongestTimer, TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!workersLeft.IsCompleted)
        {
            CancelRunning();
            await workersLeft.WaitAsync(CancelGrace, TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            GiveBack(Leases.Snapshot().SelectMany(lease => lease.Deliveries));
        }

        await Settler.DrainAsync().WaitAsync(SettleGrace, TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Settler.Pending is > 0 and var pending)
        {
            Log.SettleGivenUp(Logger, Queue.Name, pending);
        }

        foreach (Pulse pulse in _pulses)
        {
            pulse.Dispose();
        }

        Errors.End();
        _fetchStopping.Dispose();
        Log.Stopped(Logger, Queue.Name);
    }

    /// <summary>From here on the lease of what a fetch reserved is kept alive.</summary>
    public void Hold(Lease lease, IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count > 0)
        {
            Leases.Add(lease, deliveries.Count);
        }
    }

    /// <summary>Passes what a fetch reserved to the workers, or back to the store when the run is stopping.</summary>
    public void Offer(IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count == 0)
        {
            return;
        }

        if (!Buffer.TryAdd(deliveries))
        {
            GiveBack(deliveries);
        }
        else if (HandOverEach)
        {
            // Limited messages were fetched to start now, so there must be a worker for each.
            int demand = Math.Min(Buffer.Demand, MaxWorkers);
            if (demand > Workers.Target)
            {
                SetWorkers(demand);
            }
        }
    }

    public void OnNotSucceeded(RunStatus status)
    {
        switch (status)
        {
            case RunStatus.Retried:
                Counters.AddRetry();
                break;
            case RunStatus.Failed:
                Counters.AddFailure();
                break;
            default:
                return;
        }

        if (Errors.OnFailure())
        {
            QueueOptions options = Queue.Options;
            Log.Paused(Logger, Queue.Name, options.PauseErrorsThreshold, options.PauseDuration);
        }
    }

    private void Launch(Func<Task> loop)
    {
        // A loop lives long after the call that started it: it must not carry that call's async locals.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => ObserveAsync(loop));
        }
    }

    private async Task ObserveAsync(Func<Task> loop)
    {
        try
        {
            await loop().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A loop catches what it expects; anything else is a defect, and must not go unseen.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.LoopFailed(Logger, error, Queue.Name);
        }
    }

    private void CancelRunning()
    {
        foreach (Lease lease in Leases.Snapshot())
        {
            foreach (Delivery delivery in lease.Deliveries)
            {
                if (!delivery.IsSettled)
                {
                    delivery.Track().Cancel(CancelReason.Shutdown);
                }
            }
        }
    }

    private void GiveBack(IEnumerable<Delivery> deliveries)
    {
        var releases = new List<Settlement>();
        foreach (Delivery delivery in deliveries)
        {
            if (delivery.TrySettle())
            {
                delivery.Running?.Permit?.Dispose();
                releases.Add(new Settlement(delivery, SettlementKind.Release));
            }
        }

        if (releases.Count > 0)
        {
            Settler.Add(releases);
        }
    }
}
