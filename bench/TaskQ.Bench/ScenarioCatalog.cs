using TaskQ.Bench.Growth;
using TaskQ.Bench.Scenarios;

namespace TaskQ.Bench;

/// <summary>The scenarios, in the order in which <c>all</c> runs them.</summary>
internal static class ScenarioCatalog
{
    private static readonly IScenario[] All =
    [
        new AddScenario(),
        new Add16Scenario(),
        new AddRangeScenario(),
        new DrainScenario(),
        new DrainBestScenario(),
        new ChannelScenario(),
        new RoundtripScenario(),
        new LatencyScenario(),
        new DedupeScenario(),
        new DelayedScenario(),
        new IdleScenario(),
        new CodecScenario(),
        new DispatchScenario(),
        new ScaleScenario(),
        new GrowthScenario(),
        new ConsumeScenario(),
    ];

    /// <exception cref="ArgumentException">There is no such scenario, or not for this backend.</exception>
    public static IReadOnlyList<IScenario> Select(IReadOnlyList<string> names, Backend backend) =>
        [.. names.SelectMany(name => name == "all" ? All.Where(s => s is not ConsumeScenario && !backend.Lacks.Contains(s.Name)) : [Find(name, backend)])];

    public static string Usage()
    {
        var lines = new List<string>
        {
            "dotnet run -c Release --project bench/TaskQ.Bench -- <scenario>... [options]",
            "",
        };
        lines.AddRange(All.Select(s => $"  {s.Name,-10} {s.Description}"));
        lines.AddRange(
        [
            $"  {"all",-10} every one of them, the micro benchmarks by stopwatch",
            "",
            $"  --backend <name>  {string.Join(", ", Backends.Names)}; the default is memory",
            "  --redis <host:port> the Redis server to use; without it one is started",
            "  --sqs <url>       the SQS to use; without it fauxqs is started",
            "  --workers, --fetchers, --fetch-batch, --buffer <number> the queues' options of these names",
            "  --n <number>      messages per round",
            "  --rounds <number> measured rounds; the default is 3",
            "  --encoded         memory through the codec",
            "  --typed           typed tasks",
            "  --quick           codec and dispatch by stopwatch",
            "  --full            scale with every load, in full length",
            "  --json            one object per line",
            "  --check           exit code 1 when a target is missed",
            "  --guard <file>    the targets are the shares of the bare limits that the file has recorded",
            "  --record          records them",
            "  --least <number>  how much of a recorded share is enough, in percent; the default is 70",
            "  --allocations     the types of which most was allocated, by samples",
        ]);
        return string.Join(Environment.NewLine, lines);
    }

    private static IScenario Find(string name, Backend backend) => backend.Lacks.Contains(name)
        ? throw new ArgumentException($"The scenario '{name}' is not for the backend '{backend.Name}'.")
        : All.FirstOrDefault(s => s.Name == name) ?? throw new ArgumentException($"There is no scenario '{name}'.");
}
