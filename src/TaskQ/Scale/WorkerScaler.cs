namespace TaskQ.Scale;

/// <summary>Decides how many workers a consumer runs. Deterministic: time comes in through the samples.</summary>
/// <remarks>
/// 1. Nothing grows unless messages wait in the buffer while all workers are occupied; so paused and limited queues,
///    which buffer nothing, don't grow.
/// 2. Deep backlog (the last fetch came back full): double the workers, and judge the step by the throughput before and
///    after it, each by Little's law: occupied workers / handling time.
/// 3. A step that brought at least half of a linear gain, or that nothing proves useless, is followed by the next at once.
/// 4. A useless step is taken back to the knee, throughput x unhindered handling time; then the scaler holds, twice
///    as long each time, and probes again. A probe needs full proof, for it is in no hurry.
/// 5. A step that too few completions judge within its patience is followed by the next as well: handlers that never
///    return grow on waiting alone.
/// 6. Shallow backlog (the fetch was not full, a message waited long): add the workers that, by Little's law, take what
///    is buffered within a second and a handling time.
/// 7. While this process itself saturates the CPU, and from as many workers as cores on, a climb starts after a hold
///    only, and an unjudged step adds one worker. Other processes' use does not count: handlers that wait don't feel
///    it, and rule 2 sees the rest.
/// 8. While most messages fail nothing grows.
/// 9. Without deep backlog, the workers that 5 to 10 s never needed end, except one spare.
/// 10. The result is never outside [min, max]. Every hold and patience ends, so it is never stuck.
/// </remarks>
internal sealed class WorkerScaler(int min, int max, int cores)
{
    private readonly int _min = min;
    private readonly int _max = max;
    private readonly int _cores = cores;
    private int _target = min;

    // The climb: what the present number of workers does, and what the one before the last step did.
    private ThroughputWindow _level;
    private Level? _before;
    private double _unhindered;
    private bool _kneeFound;

    private TimeSpan _hold;
    private TimeSpan _nextHold = ScaleRules.MinHold;
    private bool _holdsForCpu;
    private bool _mayIgnoreCpu;

    private PeakWindow _needed;
    private TimeSpan _sinceShallowStep;
    private TimeSpan _handling;
    private TimeSpan _sinceCompletion;
    private double _finished;
    private double _failed;
    private double _lastCpu;

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
        bool failing = _failed > _finished * ScaleRules.FailureShare;
        bool waiting = sample.Buffered > 0 && IsOccupied(sample);
        if (waiting && sample.LastFetchFull)
        {
            _needed = default;
            _level.Add(sample);
            if (!failing && _hold <= TimeSpan.Zero)
            {
                Climb(sample);
            }
        }
        else
        {
            _level = default;
            _before = null;
            _sinceShallowStep += sample.Elapsed;
            if (waiting && !failing && sample.OldestWait >= ScaleRules.LongWait)
            {
                Follow(sample);
            }

            EndUnneeded(sample);
        }

        _lastCpu = sample.CpuUtilization;
        return _target;
    }

    private static bool IsOccupied(in ScaleSample sample) =>
        sample.BusyTime >= sample.Elapsed * sample.Workers * ScaleRules.OccupiedShare;

    /// <summary>Looks at two intervals: with few messages buffered the CPU may be idle in a part of one.</summary>
    private bool IsSaturated(in ScaleSample sample) =>
        _target >= _cores && Math.Max(sample.CpuUtilization, _lastCpu) >= ScaleRules.SaturatedCpu;

    private void Learn(in ScaleSample sample)
    {
        _sinceCompletion += sample.Elapsed;
        if (sample.Completed > 0)
        {
            TimeSpan mean = sample.CompletedTime / sample.Completed;
            _handling = _handling == TimeSpan.Zero ? mean : (_handling + mean) / 2;
            _finished = (_finished / 2) + sample.Completed;
            _failed = (_failed / 2) + sample.Failed;
            _sinceCompletion = TimeSpan.Zero;
        }
        else if (_sinceCompletion >= ScaleRules.MaxPatience)
        {
            // Old news: neither past failures nor past handling times may stop handlers that now hang.
            (_handling, _finished, _failed) = (TimeSpan.Zero, 0, 0);
        }
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

    /// <summary>Rules 2 to 5.</summary>
    private void Climb(in ScaleSample sample)
    {
        Verdict verdict = Judge(Patience(IsSaturated(sample)));
        if (verdict == Verdict.Useless)
        {
            MoveTo(Knee());
            _before = null;
            _kneeFound = true;
            Hold(forCpu: false);
        }
        else if (verdict != Verdict.Pending && _target == _max)
        {
            _before = null;
        }
        else if (verdict != Verdict.Pending && !MustHoldForCpu(sample))
        {
            if (verdict == Verdict.Useful)
            {
                Accept();
            }

            bool blind = verdict == Verdict.Unknown && IsSaturated(sample);
            _mayIgnoreCpu &= !blind;
            MoveTo(blind ? _target + 1 : (int)Math.Min(_max, _target * 2L));
        }
    }

    private Verdict Judge(TimeSpan patience)
    {
        int full = ScaleRules.ProofFor(_target);
        bool some = _level.Completed >= (_kneeFound ? full : Math.Max(1, _target / 2));
        if (_before is not { } before)
        {
            return some ? Verdict.Useful
                : _level.Age >= patience ? Verdict.Unknown
                : Verdict.Pending;
        }

        double gain = (_level.Rate / before.Rate) - 1;
        double linear = ((double)_target / before.Workers) - 1;
        if (some && gain >= linear * ScaleRules.UsefulGain)
        {
            return Verdict.Useful;
        }

        bool impatient = _level.Age >= patience;
        if (_level.Completed >= full || (impatient && _level.Completed >= full / 2))
        {
            return before.IsProven ? Verdict.Useless : Verdict.Useful;
        }

        return impatient ? Verdict.Unknown : Verdict.Pending;
    }

    /// <summary>CPU that is saturated needs no haste, so the proof may take as long as it takes.</summary>
    private TimeSpan Patience(bool unlimited)
    {
        TimeSpan patience = _handling * ScaleRules.PatienceFactor;
        return patience < ScaleRules.MinPatience ? ScaleRules.MinPatience
            : patience > ScaleRules.MaxPatience && !unlimited ? ScaleRules.MaxPatience
            : patience;
    }

    /// <summary>Remembers this level for the next step. Handling times below a useful step were unhindered.</summary>
    private void Accept()
    {
        if (_before is { } before)
        {
            _nextHold = ScaleRules.MinHold;
            _kneeFound = false;
            _unhindered = before.IsProven ? before.Handling : _unhindered;
        }

        _unhindered = _unhindered == 0 ? _level.Handling : _unhindered;
        _before = new Level(_target, _level.Rate, _level.Handling, _level.Completed >= ScaleRules.ProofCompletions / 2);
    }

    /// <summary>Rule 4. The handling time may have changed since, so it goes no lower than three quarters of the level before, which had proven useful.</summary>
    private int Knee()
    {
        Level before = _before!.Value;
        double knee = Math.Min(before.Workers * _level.Rate / before.Rate, _level.Rate * _unhindered);
        return (int)Math.Round(Math.Clamp(knee, Math.Ceiling(before.Workers * ScaleRules.KneeFloor), _target));
    }

    /// <summary>Rule 6.</summary>
    private void Follow(in ScaleSample sample)
    {
        if (_sinceShallowStep < ScaleRules.DrainTime || _target == _max || MustHoldForCpu(sample))
        {
            return;
        }

        int lacking = (int)(sample.Buffered * (_handling / (_handling + ScaleRules.DrainTime)));
        MoveTo(_target + (IsSaturated(sample) ? 1 : Math.Max(1, lacking)));
        _mayIgnoreCpu = false;
        _sinceShallowStep = TimeSpan.Zero;
    }

    /// <summary>Rule 9.</summary>
    private void EndUnneeded(in ScaleSample sample)
    {
        if (!_needed.Add(sample.Busy, sample.Elapsed, out int peak))
        {
            return;
        }

        int needed = peak == 0 ? 0 : peak + 1;
        if (needed < _target - (_target / ScaleRules.SpareDivisor))
        {
            MoveTo(needed);
            _nextHold = ScaleRules.MinHold;
            _kneeFound = false;
        }
    }

    /// <summary>Rule 7: true while the CPU is saturated and no hold has ended since the last climb.</summary>
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
        _nextHold = _nextHold * 2 < ScaleRules.MaxHold ? _nextHold * 2 : ScaleRules.MaxHold;
        _holdsForCpu = forCpu;
        _mayIgnoreCpu = false;
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

    private readonly record struct Level(int Workers, double Rate, double Handling, bool IsProven);
}
