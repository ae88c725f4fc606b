namespace TaskQ.Bench.Measure;

/// <summary>The processor time of all of the process's threads: what a crowded machine does not stretch.</summary>
internal static class CpuTime
{
    public static TimeSpan Read() => Environment.CpuUsage.TotalTime;
}
