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

    /// <summary>How long the store may take to end a fetch that was cancelled.</summary>
    private static readonly TimeSpan FetchGrace = TimeSpan.FromSeconds(5);

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
        Leases = new LeaseTable();
        Settler = new Settler(queue, Leases, logger);
        Errors = new ErrorPause(options.PauseErrorsThreshold, options.PauseDuration, TimeProvider);
        Suspects = new SuspectGate(this);
        Dispatcher = new Dispatcher(queue, hooks, logger);
        Fetched = new FetchMeter(TimeProvider);
        Watch = new FetchWatch(TimeProvider);
        Crew = new Crew(TimeProvider);
        Workers = new LoopPool(() => Launch(new Worker(this).RunAsync));
        Fetchers = new LoopPool(() => Launch(new Fetcher(this).RunAsync));
        var pace = new Pace(options, counters, Crew, Workers);
        Buffer = new DeliveryBuffer(options.BufferSize!.Value, options.FetchBatchSize!.Value, limited ? maxRunning : null, pace.StartsSoon, TimeProvider);
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

    public FetchWatch Watch { get; }

    /// <summary>The most workers that limits leave.</summary>
    public int MaxWorkers { get; }

    /// <summary>Whether each message is settled as soon as it ends, because a limit counts what runs.</summary>
    public bool HandOverEach { get; }

    /// <summary>Cancelled when fetching stops.</summary>
    public CancellationToken FetchStopping { get; }

    /// <summary>Whether the last fetch brought all that it asked for, or all that fits into one.</summary>
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
        _pulses.Add(new Pulse($"TaskQ beat {Queue.Name}", () => Heartbeat.IntervalOf(options), TimeProvider, Guarded(() => Beat(heartbeat))));
        SetWorkers(Math.Min(options.MinWorkers, MaxWorkers));
        Fetchers.SetTarget(options.MinFetchers);
        if (options.MinWorkers < MaxWorkers || options.MinFetchers < options.MaxFetchers)
        {
            var scale = new ScaleLoop(this);
            _pulses.Add(new Pulse($"TaskQ scale {Queue.Name}", () => scale.Interval, TimeProvider, Guarded(scale.Look)));
        }

        Log.Started(Logger, Queue.Name);
    }

    /// <summary>Grows at once; shrinks as workers become idle.</summary>
    public void SetWorkers(int target)
    {
        Crew.BeginEpoch();
        Buffer.WakeIdle(Workers.SetTarget(target));
    }

    public async Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task fetchersLeft = Fetchers.CloseAsync();

        // Not awaited: the store's or a limiter's callbacks may block, and what they throw is not the stop's failure.
        Task cancelled = ObserveAsync(_fetchStopping.CancelAsync);
        Task workersLeft = Workers.CloseAsync();
        Settler.StopCarrying();
        GiveBack(Buffer.Close());

        TimeSpan patience = timeout < QueueDefaults.LongestTimer ? timeout : QueueDefaults.LongestTimer;
        await workersLeft.WaitAsync(patience, TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!workersLeft.IsCompleted)
        {
            CancelRunning();
            await workersLeft.WaitAsync(CancelGrace, TimeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            SendFinished();
            GiveBack(Leases.Snapshot().SelectMany(lease => lease.Deliveries));
        }

        Task fetchEnded = Task.WhenAll(fetchersLeft, cancelled);
        await fetchEnded.WaitAsync(FetchGrace, TimeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!fetchEnded.IsCompleted)
        {
            Log.FetchGivenUp(Logger, Queue.Name);
        }

        await Settler.DrainAsync().WaitAsync(SettleGrace, TimeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Settler.GiveUpWithLeases();
        if (Leases.Held is > 0 and var held)
        {
            Log.SettleGivenUp(Logger, Queue.Name, held);
        }

        foreach (Pulse pulse in _pulses)
        {
            pulse.Dispose();
        }

        Errors.End();
        Queue.Metrics.Depth.Forget();
        if (fetchEnded.IsCompleted)
        {
            _fetchStopping.Dispose();
        }

        Log.Stopped(Logger, Queue.Name);
    }

    /// <summary>Takes up what a fetch reserved: 1. its lease is kept alive; 2. it gets its permits; 3. it goes to the workers, or back to the store.</summary>
    public async ValueTask TakeUpAsync(
        Lease lease, IReadOnlyList<Delivery> deliveries, LocalLimiter? limiter, CancellationToken stopping)
    {
        if (deliveries.Count > 0)
        {
            Leases.Add(lease, deliveries.Count);
            Queue.Metrics.OnConsumed(deliveries.Count);
        }

        if (limiter is not null)
        {
            try
            {
                await limiter.AssignAsync(deliveries, stopping).ConfigureAwait(false);
            }
            catch
            {
                // A held message that nobody runs would be kept alive by the beat for ever.
                GiveBack(deliveries);
                throw;
            }
        }

        if (stopping.IsCancellationRequested)
        {
            // The buffer may still be open, and some may have no permit.
            GiveBack(deliveries);
        }
        else
        {
            Offer(deliveries);
        }
    }

    /// <summary>Passes messages to the workers, or back to the store when the run is stopping.</summary>
    private void Offer(IReadOnlyList<Delivery> deliveries)
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

    private void Beat(Heartbeat heartbeat)
    {
        // What has waited since the last beat is not kept for longer, unless that counts as an attempt. With limits, what
        // was fetched has its permit and starts now.
        if (!HandOverEach && Queue.Backend.Capabilities.UncountedRelease)
        {
            GiveBack(Buffer.TakeOlderThan(Heartbeat.IntervalOf(Queue.Options)));
        }

        heartbeat.Beat();
        Queue.Metrics.Depth.Refresh(Logger);

        // Elsewhere: the beat's thread must not wait for the store.
        ThreadPool.UnsafeQueueUserWorkItem(
            static run => run.Guarded(() =>
            {
                run.SendFinished();
                run.Settler.FlushWithoutCarrier();
            })(),
            this,
            preferLocal: false);
    }

    /// <summary>Sends what workers hold back whose handler blocks its thread.</summary>
    private void SendFinished()
    {
        foreach (Worker worker in Crew.Snapshot())
        {
            worker.SendFinished();
        }
    }

    /// <summary>An action for a thread of its own, where an exception would end the process.</summary>
    private Action Guarded(Action action) => () =>
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // Any exception is a defect; it is logged, and the next call may succeed.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.LoopFailed(Logger, error, Queue.Name);
        }
    };

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
                delivery.Running?.ReleasePermit(Logger);
                releases.Add(new Settlement(delivery, SettlementKind.Release));
            }
        }

        if (releases.Count > 0)
        {
            Settler.Add(releases);
        }
    }
}
