using TaskQ.Bench;
using TaskQ.Bench.Redis;
using TaskQ.Bench.Report;

// 1. parse, 2. run each scenario, 3. report: JSON line by line, text as one table at the end.
BenchOptions options;
IReadOnlyList<IScenario> scenarios;
try
{
    options = BenchOptions.Parse(args);
    scenarios = ScenarioCatalog.Select(options.Scenarios);
    Backends.Find(options.Backend);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine();
    Console.Error.WriteLine(ScenarioCatalog.Usage());
    return 2;
}

IReport report = options.Json ? new JsonReport(Console.Out) : new TextReport(Console.Out);
await using RedisStore? redis = options.Backend == "redis" ? await RedisStore.StartAsync(options.Redis) : null;
report.Begin(options, redis?.Description);
var failed = false;
foreach (IScenario scenario in scenarios)
{
    Console.Error.WriteLine($"{scenario.Name}: {scenario.Description}");
    try
    {
        await using var context = new BenchContext(options, redis);
        foreach (BenchResult measured in await scenario.RunAsync(context))
        {
            BenchResult result = redis is null ? measured : RedisTargets.Apply(measured);
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
