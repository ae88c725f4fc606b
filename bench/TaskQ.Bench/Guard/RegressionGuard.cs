using System.Globalization;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Guard;

/// <summary>Makes the recorded share of the bare limit the target of a scenario, so that <c>--check</c> fails when it has become slower.</summary>
internal sealed class RegressionGuard(BenchOptions options)
{
    private readonly RecordedShares? _recorded = options.Guard is { } path ? RecordedShares.Read(path) : null;

    /// <summary>The result with its target; with <c>--record</c> its share is recorded.</summary>
    /// <exception cref="BenchException">The scenario has no share, or none is recorded.</exception>
    public BenchResult Apply(BenchResult result)
    {
        if (_recorded is null)
        {
            return result;
        }

        double share = result.BaselineShare ?? throw new BenchException($"'{result.Scenario}' has no bare limit to be guarded by.");
        if (options.Record)
        {
            _recorded.Set(result, share);
        }

        double recorded = _recorded.Find(result)
            ?? throw new BenchException($"No share of '{result.Scenario}' over {result.Backend} is recorded in {options.Guard}; run with --record.");
        double bound = recorded * options.LeastPercent / 100;
        string text = string.Create(CultureInfo.InvariantCulture, $">= {bound:P1} of the bare limit, {options.LeastPercent} % of the recorded {recorded:P1}");
        return result with { Target = new Target(text, share >= bound) };
    }
}
