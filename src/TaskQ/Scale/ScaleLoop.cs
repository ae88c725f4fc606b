using TaskQ.Consume;
using TaskQ.Telemetry;

namespace TaskQ.Scale;

/// <summary>Measures a run and carries out what the scalers decide.</summary>
/// <remarks>It looks often, because when workers starve between two looks is not recorded, and decides on several looks.</remarks>
internal sealed class ScaleLoop
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DecisionInterval = TimeSpan.FromMilliseconds(250);

    private readonly ConsumerRun _run;
    private readonly TimeProvider _timeProvider;
    private readonly WorkerScaler _workers;
    private readonly FetcherScaler _fetchers;
    private readonly CpuMeter _cpu;
    private long _lastLook;
    private long _lastDecision;
    private TimeSpan _starvedTime;
    private TimeSpan _busyTime;
    private (long Count, TimeSpan Time) _fresh;
    private bool _idle = true;
    private long _ended;
    private long _failed;
    private TimeSpan _endedTime;
    private FetchTotals _fetches;

    public ScaleLoop(ConsumerRun run)
    {
        _run = run;
        _timeProvider = run.TimeProvider;
        QueueOptions options = run.Queue.Options;
        _workers = new WorkerScaler(Math.Min(options.MinWorkers, run.MaxWorkers), run.MaxWorkers, Environment.ProcessorCount);
        _fetchers = new FetcherScaler(
            options.MinFetchers,
            options.MaxFetchers,
            run.Queue.Backend.Capabilities.SettlesWithFetch ? ScaleRules.SlowFetch : ScaleRules.SlowRequests);
        _cpu = new CpuMeter(_timeProvider);
        _lastLook = _lastDecision = _timeProvider.GetTimestamp();
        _ended = run.Counters.Ended;
        _failed = Failed;
        _endedTime = _busyTime = run.Counters.BusyTime;
    }

    private long Failed => _run.Counters.Retries + _run.Counters.Failures;

    /// <summary>The time until the next look; an idle consumer is looked at only to decide.</summary>
    public TimeSpan Interval => Volatile.Read(ref _idle) ? DecisionInterval : LookInterval;

    /// <summary>Looks, and now and then decides.</summary>
    public void Look()
    {
        long now = _timeProvider.GetTimestamp();
        TimeSpan elapsed = _timeProvider.GetElapsedTime(_lastLook, now);
        _lastLook = now;
        int workers = _run.Workers.Live;
        int buffered = _run.Buffer.Count;
        (int busy, TimeSpan runningTime) = _run.Crew.Running(now);
        if (buffered == 0 && busy < workers)
        {
            _starvedTime += elapsed;
        }

        // Half a look early: a look that comes a little early must not put the decision off to the next.
        _idle = buffered == 0 && busy == 0;
        if (_timeProvider.GetElapsedTime(_lastDecision, now) >= DecisionInterval - (LookInterval / 2))
        {
            Decide(now, workers, busy, buffered, runningTime);
        }
    }

    private void Decide(long now, int workers, int busy, int buffered, TimeSpan runningTime)
    {
        long ended = _run.Counters.Ended;
        long failed = Failed;
        TimeSpan endedTime = _run.Counters.BusyTime;
        TimeSpan busyTime = endedTime + runningTime;
        (long Count, TimeSpan Time) fresh = _run.Crew.Fresh;
        FetchTotals fetches = _run.Fetched.Read();
        var sample = new ScaleSample
        {
            Elapsed = _timeProvider.GetElapsedTime(_lastDecision, now),
            Workers = workers,
            Busy = busy,
            Buffered = buffered,
            OldestWait = _run.Buffer.OldestWait,
            LastFetchFull = _run.LastFetchFull || buffered >= _run.Buffer.Capacity,
            Completed = (int)Math.Min(ended - _ended, int.MaxValue),
            Failed = (int)Math.Min(failed - _failed, int.MaxValue),
            CompletedTime = endedTime - _endedTime,
            Fresh = (int)Math.Min(fresh.Count - _fresh.Count, int.MaxValue),
            FreshTime = fresh.Time - _fresh.Time,
            BusyTime = busyTime - _busyTime,
            CpuUtilization = _cpu.Read(),
            StarvedTime = _starvedTime,
            Fetches = fetches.All - _fetches.All,
            FullFetches = fetches.Full - _fetches.Full,
            FullFetchTime = fetches.FullTime - _fetches.FullTime,
        };
        (_lastDecision, _ended, _failed, _endedTime, _fetches) = (now, ended, failed, endedTime, fetches);
        (_busyTime, _fresh, _starvedTime) = (busyTime, fresh, TimeSpan.Zero);
        Apply(_workers.Decide(sample), _fetchers.Decide(sample));
    }

    private void Apply(int workers, int fetchers)
    {
        // With a limit, fetched messages must start at once: their number is a floor.
        int target = _run.HandOverEach ? Math.Min(Math.Max(workers, _run.Buffer.Demand), _run.MaxWorkers) : workers;
        if (target == _run.Workers.Target && fetchers == _run.Fetchers.Target)
        {
            return;
        }

        _run.SetWorkers(target);
        _run.Fetchers.SetTarget(fetchers);
        Log.Scaled(_run.Logger, _run.Queue.Name, target, fetchers);
    }
}
