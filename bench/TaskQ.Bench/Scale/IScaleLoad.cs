namespace TaskQ.Bench.Scale;

/// <summary>One row of the autoscaling table.</summary>
internal interface IScaleLoad
{
    string Name { get; }

    /// <summary>Whether it runs without <c>--full</c>.</summary>
    bool InQuick { get; }

    Task<BenchResult> RunAsync(BenchContext context);
}
