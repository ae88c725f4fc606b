namespace TaskQ.Scale;

/// <summary>
/// The throughput of one number of workers, by Little's law: workers that have a message over the handling time.
/// For short handlers this is the count over the time; for long ones it is known one handling time after the
/// start, without the beat of workers that started together.
/// </summary>
internal struct ThroughputWindow
{
    private TimeSpan _time;
    private TimeSpan _busyTime;
    private TimeSpan _completedTime;

    /// <summary>How long ago the number of workers changed.</summary>
    public TimeSpan Age { get; private set; }

    /// <summary>How many completions count.</summary>
    public long Completed { get; private set; }

    /// <summary>Messages per second; 0 while none completed.</summary>
    public readonly double Rate => Completed == 0 ? 0 : _busyTime / _time / Handling;

    /// <summary>The mean handling time in seconds; 0 while none completed.</summary>
    public readonly double Handling => Completed == 0 ? 0 : Math.Max(_completedTime.TotalSeconds / Completed, 1e-9);

    /// <summary>Adds an interval. Messages that started before the change tell nothing about it.</summary>
    public void Add(in ScaleSample sample)
    {
        Age += sample.Elapsed;
        if (sample.Fresh == 0)
        {
            return;
        }

        _time += sample.Elapsed;
        _busyTime += sample.BusyTime;
        _completedTime += sample.FreshTime;
        Completed += sample.Fresh;
    }
}
