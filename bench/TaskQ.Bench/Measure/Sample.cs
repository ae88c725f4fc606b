namespace TaskQ.Bench.Measure;

/// <summary>What one round took: wall time, processor time, time in which the garbage collector held all threads, bytes allocated.</summary>
internal readonly record struct Sample(double Seconds, double CpuSeconds, double PauseSeconds, long Bytes);
