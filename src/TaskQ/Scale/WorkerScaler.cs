namespace TaskQ.Scale;

/// <summary>Decides how many workers a consumer runs. Deterministic: time comes in through the samples.</summary>
/// <remarks>
/// 1. Messages wait when the workers are occupied and either fetches come back full (a deep backlog) or the oldest
///    buffered message has waited long (a shallow one). Without waiting messages nothing grows: paused and limited
///    queues buffer nothing.
/// 2. Deep backlog: double the workers, and judge the step by the throughput before and after it, each known from
///    Little's law (throughput = occupied workers / handling time).
/// 3. A step that brought half of a linear gain or more is followed by the next at once.
/// 4. A step that brought less is taken back to the knee: the workers that carry the new throughput at the old
///    efficiency. Then the scaler holds, and probes again; the hold doubles each time.
/// 5. A step that could not be judged in time, because too little returned, counts as useful: handlers that never
///    return grow on waiting alone.
/// 6. Shallow backlog: add what Little's law says takes the buffered messages within a handling time and a second.
/// 7. While this process saturates its CPU, and from as many workers as cores on, each step waits for a hold first;
///    if throughput proves it useful the climb goes on, else rule 4 holds. A step without proof adds one only.
///    Use by other processes does not count: it does no harm to handlers that wait, and rule 2 sees the rest.
/// 8. While most messages fail nothing grows.
/// 9. Workers that were not needed for 5 to 10 s, but for one spare, end. A backlog restarts that time.
/// 10. The result is never outside [min, max]; nothing lasts for ever, so it is never stuck.
/// </remarks>
internal sealed class WorkerScaler(int min, int max, int cores)
{
    private readonly int _min = min;
    private readonly int _max = max;
    private readonly int _cores = cores;
    private int _target = min;
    private ThroughputWindow _level;
    private (int Workers, double Rate, double Handling)? _base;
    private double _unhindered;
    private PeakWindow _needed;
    private TimeSpan _handling;
    private TimeSpan _pace;
    private TimeSpan _hold;
    private TimeSpan _nextHold = ScaleRules.MinHold;
    private bool _holdsForCpu;
    private bool _mayIgnoreCpu;
    private double _finished;
    private double _failed;

    private enum Verdict
    {
        Pending,
        Useful,
        Useless,
        Unknown,
    }

    /// <summary>The number of workers to run from now on.</summary>
    public int Decide(in ScaleSample sample)
    {
        if (_min == _max || sample.Elapsed <= TimeSpan.Zero)
        {
            return _target;
        }

        Learn(sample);
        WearOffHold(sample);
        bool mayGrow = _failed <= _finished * ScaleRules.FailureShare;
        bool waiting = sample.Buffered > 0 && IsOccupied(sample);
        if (waiting && sample.LastFetchFull)
        {
            _needed = default;
            _level.Add(sample);
            if (mayGrow)
            {
                Climb(sample);
            }
        }
        else
        {
            Follow(sample, mayGrow && waiting && sample.OldestWait >= ScaleRules.LongWait);
        }

        return _target;
    }

    private static bool IsOccupied(in ScaleSample sample) =>
        sample.BusyTime >= sample.Elapsed * sample.Workers * ScaleRules.OccupiedShare;

    private void Learn(in ScaleSample sample)
    {
        if (sample.Completed == 0)
        {
            return;
        }

        TimeSpan mean = sample.CompletedTime / sample.Completed;
        _handling = _handling == TimeSpan.Zero ? mean : (_handling + mean) / 2;
        _finished = (_finished / 2) + sample.Completed;
        _failed = (_failed / 2) + sample.Failed;
    }

    private void WearOffHold(in ScaleSample sample)
    {
        if (_hold <= TimeSpan.Zero)
        {
            return;
        }

        _hold -= sample.Elapsed;
        if (_holdsForCpu && !IsSaturated(sample))
        {
            _hold = TimeSpan.Zero;
        }
        else if (_hold <= TimeSpan.Zero)
        {
            _mayIgnoreCpu = true;
        }
    }

    private bool IsSaturated(in ScaleSample sample) =>
        _target >= _cores && sample.CpuUtilization >= ScaleRules.SaturatedCpu;

    /// <summary>Deep backlog: rules 2 to 5.</summary>
    private void Climb(in ScaleSample sample)
    {
        if (_hold > TimeSpan.Zero)
        {
            return;
        }

        Verdict verdict = Judge(sample);
        if (verdict == Verdict.Useless)
        {
            MoveTo(Knee());
            _base = null;
            Hold(forCpu: false);
        }
        else if (verdict != Verdict.Pending && _target == _max)
        {
            _base = null;
        }
        else if (verdict != Verdict.Pending && !MustHoldForCpu(sample))
        {
            if (verdict == Verdict.Useful)
            {
                _nextHold = _base is null ? _nextHold : ScaleRules.MinHold;
                _unhindered = _base?.Handling ?? (_unhindered == 0 ? _level.Handling : _unhindered);
                _base = (_target, _level.Rate, _level.Handling);
            }

            bool blind = verdict == Verdict.Unknown && IsSaturated(sample);
            _mayIgnoreCpu &= !blind;
            MoveTo(blind ? _target + 1 : _target * 2);
        }
    }

    private Verdict Judge(in ScaleSample sample)
    {
        int completed = _level.Completed;
        bool some = completed >= Math.Max(1, _target / 2);
        bool useful = some;
        if (_base is { } from)
        {
            double linear = (double)_target / from.Workers;
            useful &= (_level.Rate / from.Rate) - 1 >= (linear - 1) * ScaleRules.UsefulGain;
        }

        if (useful)
        {
            return Verdict.Useful;
        }

        bool impatient = _level.Age >= Patience(IsSaturated(sample));
        bool proven = completed >= Math.Max(_target, ScaleRules.ProofCompletions) || (impatient && some);
        return proven ? Verdict.Useless : impatient ? Verdict.Unknown : Verdict.Pending;
    }

    private TimeSpan Patience(bool unlimited)
    {
        TimeSpan patience = _handling * ScaleRules.PatienceFactor;
        return patience < ScaleRules.MinPatience ? ScaleRules.MinPatience
            : patience > ScaleRules.MaxPatience && !unlimited ? ScaleRules.MaxPatience
            : patience;
    }

    /// <summary>Rule 4, after a useless step: the lower of two estimates, and half of the last level at least.</summary>
    private int Knee()
    {
        (int workers, double rate, _) = _base!.Value;
        double knee = Math.Min(workers * _level.Rate / rate, _level.Rate * _unhindered);
        return (int)Math.Round(Math.Clamp(knee, workers / 2.0, _target));
    }

    /// <summary>Shallow backlog or none: rules 6 and 9.</summary>
    private void Follow(in ScaleSample sample, bool mayGrow)
    {
        _base = null;
        _level = default;
        _pace += sample.Elapsed;
        if (mayGrow && _pace >= ScaleRules.DrainTime && _target < _max && !MustHoldForCpu(sample))
        {
            double lacking = sample.Buffered * (_handling / (_handling + ScaleRules.DrainTime));
            MoveTo(IsSaturated(sample) ? _target + 1 : _target + Math.Max(1, (int)lacking));
            _mayIgnoreCpu = false;
            _pace = TimeSpan.Zero;
        }

        if (_needed.Add(sample.Busy, sample.Elapsed, out int peak))
        {
            _nextHold = ScaleRules.MinHold;
            int needed = peak == 0 ? 0 : peak + 1;
            if (needed < _target - (_target / ScaleRules.SpareDivisor))
            {
                MoveTo(needed);
            }
        }
    }

    /// <summary>Rule 7: true while the CPU is saturated and no hold for it has ended.</summary>
    private bool MustHoldForCpu(in ScaleSample sample)
    {
        if (!IsSaturated(sample) || _mayIgnoreCpu)
        {
            return false;
        }

        if (_hold <= TimeSpan.Zero)
        {
            Hold(forCpu: true);
        }

        return true;
    }

    private void Hold(bool forCpu)
    {
        _hold = _nextHold;
        _holdsForCpu = forCpu;
        _mayIgnoreCpu = false;
        _nextHold = _nextHold * 2 < ScaleRules.MaxHold ? _nextHold * 2 : ScaleRules.MaxHold;
    }

    private void MoveTo(int workers)
    {
        int target = Math.Clamp(workers, _min, _max);
        if (target != _target)
        {
            _target = target;
            _level = default;
        }
    }
}
