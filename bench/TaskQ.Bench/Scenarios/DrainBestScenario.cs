using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary><c>drain</c> at the options that were fastest for handlers that do nothing.</summary>
internal sealed class DrainBestScenario : IScenario
{
    // More workers than cores only take turns, and 500 is what one call to Redis may take.
    private static readonly QueueTuning Tuning = new() { FetchBatch = 500, Buffer = 2000, Workers = 2, Fetchers = 2 };

    public string Name => "drain-best";

    public string Description => "drain with the options that suit handlers that do nothing";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
    [
        await Rounds.RunAsync(
            context,
            Name,
            context.N(1_000_000, 400_000),
            n => DrainScenario.RoundAsync(context, n, Tuning.Apply),
            (await context.BareStoreAsync()).Take),
    ];
}
