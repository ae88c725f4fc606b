using TaskQ.Bench;
using TaskQ.Bench.Guard;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Report;
using TaskQ.Bench.Store;

// 1. parse, 2. run each scenario, 3. report: JSON line by line, text as one table at the end.
BenchOptions options;
Backend backend;
IReadOnlyList<IScenario> scenarios;
try
{
    options = BenchOptions.Parse(args);
    backend = Backends.Find(options.Backend);
    scenarios = ScenarioCatalog.Select(options.Scenarios, backend);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine();
    Console.Error.WriteLine(ScenarioCatalog.Usage());
    return 2;
}

IReport report = options.Json ? new JsonReport(Console.Out) : new TextReport(Console.Out);
await using IBenchStore? store = backend.Start is null ? null : await backend.Start(options);
report.Begin(options, store?.Description);
var guard = new RegressionGuard(options);
var failed = false;
foreach (IScenario scenario in scenarios)
{
    Console.Error.WriteLine($"{scenario.Name}: {scenario.Description}");
    try
    {
        await using var context = new BenchContext(options, store);
        using AllocatedTypes? types = options.Allocations ? new AllocatedTypes(Console.Error) : null;
        foreach (BenchResult measured in await scenario.RunAsync(context))
        {
            BenchResult result = guard.Apply(store?.SetTarget(measured) ?? measured);
            report.Add(result);
            failed |= options.Check && result.Target is { Met: false };
        }
    }
    catch (Exception error) when (error is not OutOfMemoryException)
    {
        // One broken scenario must not hide the figures of the others; the exit code tells.
        Console.Error.WriteLine($"{scenario.Name} failed: {error}");
        failed = true;
    }
}

report.End();
return failed ? 1 : 0;
