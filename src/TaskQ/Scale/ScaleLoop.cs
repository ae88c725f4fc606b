using TaskQ.Consume;
using TaskQ.Telemetry;

namespace TaskQ.Scale;

/// <summary>Measures a run and carries out what the scalers decide.</summary>
/// <remarks>It looks often, because what workers do between two looks is not recorded, and decides on the sum of several looks.</remarks>
internal sealed class ScaleLoop
{
    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private const int LooksPerDecision = 5;

    private readonly ConsumerRun _run;
    private readonly TimeProvider _timeProvider;
    private readonly WorkerScaler _workers;
    private readonly FetcherScaler _fetchers;
    private readonly CpuMeter _cpu;
    private long _lastLook;
    private long _lastDecision;
    private TimeSpan _busyTime;
    private TimeSpan _starvedTime;
    private int _looks;
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
        _fetchers = new FetcherScaler(options.MinFetchers, options.MaxFetchers);
        _cpu = new CpuMeter(_timeProvider);
        _lastLook = _lastDecision = _timeProvider.GetTimestamp();
        _ended = run.Counters.Ended;
        _failed = Failed;
        _endedTime = run.Counters.BusyTime;
    }

    private long Failed => _run.Counters.Retries + _run.Counters.Failures;

    /// <summary>Looks, and now and then decides.</summary>
    public void Look()
    {
        long now = _timeProvider.GetTimestamp();
        TimeSpan elapsed = _timeProvider.GetElapsedTime(_lastLook, now);
        _lastLook = now;
        int workers = _run.Workers.Live;
        int buffered = _run.Buffer.Count;
        int busy = Math.Clamp(_run.Buffer.Demand - buffered, 0, workers);
        _busyTime += elapsed * busy;
        if (buffered == 0 && busy < workers)
        {
            _starvedTime += elapsed;
        }

        if (++_looks == LooksPerDecision)
        {
            Decide(now, workers, busy, buffered);
        }
    }

    private void Decide(long now, int workers, int busy, int buffered)
    {
        long ended = _run.Counters.Ended;
        long failed = Failed;
        TimeSpan endedTime = _run.Counters.BusyTime;
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
            BusyTime = _busyTime,
            CpuUtilization = _cpu.Read(),
            StarvedTime = _starvedTime,
            Fetches = fetches.All - _fetches.All,
            FullFetches = fetches.Full - _fetches.Full,
            FullFetchTime = fetches.FullTime - _fetches.FullTime,
        };
        (_lastDecision, _ended, _failed, _endedTime, _fetches) = (now, ended, failed, endedTime, fetches);
        (_looks, _busyTime, _starvedTime) = (0, TimeSpan.Zero, TimeSpan.Zero);
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
