using System.Globalization;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Micro;

namespace TaskQ.Bench.Scenarios;

/// <summary>A handler called as a hook calls it, against its delegate called directly.</summary>
internal sealed class DispatchScenario : IScenario
{
    private const double Bound = 20;

    public string Name => "dispatch";

    public string Description => "a two-argument handler through the invoker, against a direct call of its delegate";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        IReadOnlyDictionary<string, MicroResult> results = await MicroRunner.RunAsync<DispatchBenchmarks>(context.Options);
        MicroResult direct = results[nameof(DispatchBenchmarks.Direct)];
        string baseline = string.Create(CultureInfo.InvariantCulture, $"direct {direct.Nanoseconds:N1} ns");
        return
        [
            .. results.Select(result =>
            {
                double over = result.Value.Nanoseconds - direct.Nanoseconds;
                bool bound = result.Key == nameof(DispatchBenchmarks.ByReference);
                return result.Value.ToRow($"dispatch.{result.Key}", "none") with
                {
                    Baseline = baseline,
                    Target = bound ? new Target("<= 20 ns over direct", over <= Bound) : null,
                    Notes = [string.Create(
                        CultureInfo.InvariantCulture,
                        $"dispatch.{result.Key}: {result.Value.Nanoseconds:N1} ns, {over:N1} ns over direct")],
                };
            }),
        ];
    }
}
