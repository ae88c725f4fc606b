namespace TaskQ.Bench.Measure;

/// <summary>Percentiles by nearest rank.</summary>
internal static class Percentile
{
    /// <param name="sorted">The values, ascending, at least one.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double Of(ReadOnlySpan<double> sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
