namespace TaskQ.Bench.Measure;

/// <summary>What one round took.</summary>
internal readonly record struct Sample(double Seconds, long Bytes);
