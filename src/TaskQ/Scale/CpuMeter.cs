namespace TaskQ.Scale;

/// <summary>Measures this process's use of the cores that it may use. Not thread-safe.</summary>
internal sealed class CpuMeter
{
    private readonly TimeProvider _time;
    private readonly Func<TimeSpan> _cpuTime;
    private readonly int _cores;
    private long _lastTimestamp;
    private TimeSpan _lastCpuTime;

    /// <summary>Measures this process.</summary>
    public CpuMeter(TimeProvider time)
        : this(time, ProcessCpuTime, Environment.ProcessorCount)
    {
    }

    /// <summary>Measures what <paramref name="cpuTime"/> returns: the CPU time since a fixed moment.</summary>
    public CpuMeter(TimeProvider time, Func<TimeSpan> cpuTime, int cores)
    {
        _time = time;
        _cpuTime = cpuTime;
        _cores = cores;
        _lastTimestamp = time.GetTimestamp();
        _lastCpuTime = cpuTime();
    }

    /// <summary>The share of the cores used since the last call or the start, 0 to 1.</summary>
    public double Read()
    {
        long timestamp = _time.GetTimestamp();
        TimeSpan cpuTime = _cpuTime();
        TimeSpan elapsed = _time.GetElapsedTime(_lastTimestamp, timestamp);
        TimeSpan used = cpuTime - _lastCpuTime;
        _lastTimestamp = timestamp;
        _lastCpuTime = cpuTime;
        return elapsed <= TimeSpan.Zero ? 0 : Math.Clamp(used / (elapsed * _cores), 0, 1);
    }

    private static TimeSpan ProcessCpuTime() =>
        OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() || OperatingSystem.IsBrowser()
            ? TimeSpan.Zero
            : Environment.CpuUsage.TotalTime;
}
