namespace TaskQ.Bench.Scale;

/// <summary>The consumer at one moment.</summary>
/// <param name="Seconds">Since it was started.</param>
/// <param name="Workers">Its workers.</param>
/// <param name="Processed">What it has processed.</param>
internal readonly record struct ScaleSample(double Seconds, int Workers, long Processed);
