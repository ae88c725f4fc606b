namespace TaskQ.Bench.Sqs;

/// <summary>What the SQS backend must reach, beside the bare client in the same run.</summary>
internal static class SqsTargets
{
    private const double Share = 0.8;

    /// <summary>The result with its target; some scenarios set their own.</summary>
    public static BenchResult Apply(BenchResult result)
    {
        Measure.Target[] targets = result.Scenario switch
        {
            "addrange" => [Bare(result), Requests(result, 0.11)],
            "drain" => [Bare(result), Requests(result, 0.22)],
            _ => [],
        };
        return targets.Length == 0 ? result : result with { Target = Measure.Target.All(targets) };
    }

    private static Measure.Target Bare(BenchResult result) => new(">= 80 % of bare", result.BaselineShare >= Share);

    private static Measure.Target Requests(BenchResult result, double most) =>
        new($"<= {most} requests", result.StorePerMessage?.Requests <= most);
}
