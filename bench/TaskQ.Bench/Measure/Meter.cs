using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>Time, processor time, collector pauses, allocation and hops between threads from a point on.</summary>
internal readonly struct Meter
{
    private readonly long _startTimestamp;
    private readonly long _startBytes;
    private readonly TimeSpan _startCpu;
    private readonly TimeSpan _startPause;
    private readonly long _startWorkItems;
    private readonly long _startContentions;

    private Meter(long startBytes, TimeSpan startPause, TimeSpan startCpu, long startTimestamp)
    {
        _startBytes = startBytes;
        _startPause = startPause;
        _startCpu = startCpu;
        _startWorkItems = ThreadPool.CompletedWorkItemCount;
        _startContentions = Monitor.LockContentionCount;
        _startTimestamp = startTimestamp;
    }

    /// <summary>Collects what earlier rounds left, then starts.</summary>
    public static Meter Start()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new Meter(GC.GetTotalAllocatedBytes(precise: true), GC.GetTotalPauseDuration(), CpuTime.Read(), Stopwatch.GetTimestamp());
    }

    /// <summary>What was used until now, or until a timestamp that was taken before.</summary>
    public Sample Stop(long? endTimestamp = null)
    {
        long end = endTimestamp ?? Stopwatch.GetTimestamp();
        TimeSpan cpu = CpuTime.Read() - _startCpu;
        TimeSpan pause = GC.GetTotalPauseDuration() - _startPause;
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - _startBytes;
        double seconds = Stopwatch.GetElapsedTime(_startTimestamp, end).TotalSeconds;
        return new Sample(seconds, cpu.TotalSeconds, pause.TotalSeconds, bytes)
        {
            WorkItems = ThreadPool.CompletedWorkItemCount - _startWorkItems,
            Contentions = Monitor.LockContentionCount - _startContentions,
        };
    }
}
