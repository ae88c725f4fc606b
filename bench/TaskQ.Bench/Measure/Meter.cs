using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>Time and allocation from a point on.</summary>
internal readonly struct Meter
{
    private readonly long _startTimestamp;
    private readonly long _startBytes;

    private Meter(long startBytes, long startTimestamp)
    {
        _startBytes = startBytes;
        _startTimestamp = startTimestamp;
    }

    /// <summary>Collects what earlier rounds left, then starts.</summary>
    public static Meter Start()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new Meter(GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
    }

    /// <summary>What was used until now, or until a timestamp that was taken before.</summary>
    public Sample Stop(long? endTimestamp = null)
    {
        long end = endTimestamp ?? Stopwatch.GetTimestamp();
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - _startBytes;
        return new Sample(Stopwatch.GetElapsedTime(_startTimestamp, end).TotalSeconds, bytes);
    }
}
