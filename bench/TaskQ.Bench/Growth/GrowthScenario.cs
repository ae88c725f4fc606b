namespace TaskQ.Bench.Growth;

/// <summary>How cost grows: with the payload, the backlog, the queues of a process and the consumer processes.</summary>
internal sealed class GrowthScenario : IScenario
{
    public string Name => "growth";

    public string Description => "how cost grows with payload, backlog, queues and consumer processes";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
    [
        .. await PayloadGrowth.RunAsync(context),
        .. await BacklogGrowth.RunAsync(context),
        .. await QueueGrowth.RunAsync(context),
        .. context.Store?.Arguments is null ? [] : await ProcessGrowth.RunAsync(context),
    ];
}
