namespace TaskQ.Bench.Measure;

/// <summary>The middle value; of an even number, the upper one.</summary>
internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
