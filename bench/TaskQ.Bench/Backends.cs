using TaskQ.Bench.Redis;
using TaskQ.Bench.Sql;
using TaskQ.Bench.Sqs;
using TaskQ.Bench.Store;
using TaskQ.Memory;

namespace TaskQ.Bench;

/// <summary>A backend that can be measured.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Create">Opens its factory.</param>
/// <param name="Scale">Its default number of messages, as a share of memory's.</param>
internal sealed record Backend(string Name, Func<BenchContext, QueueFactory> Create, double Scale)
{
    /// <summary>Starts its store or finds it, null when it has none.</summary>
    public Func<BenchOptions, Task<IBenchStore>>? Start { get; init; }

    /// <summary>Its default number of messages where Redis has one of its own, as a share of that.</summary>
    public double RedisScale { get; init; } = 1;

    /// <summary>The scenarios that are not for it.</summary>
    public IReadOnlyList<string> Lacks { get; init; } = [];
}

/// <summary>The backends by name. A new one is one line here.</summary>
internal static class Backends
{
    private static readonly Backend[] All =
    [
        new("memory", c => new MemoryQueueFactory(new MemoryOptions { EncodeMessages = c.Options.Encoded, Capacity = c.Options.Capacity }), 1),
        new("redis", c => c.Store!.CreateFactory(), 0.2) { Start = async options => await RedisStore.StartAsync(options.Redis, options.Prefix) },
        new("sqs", c => c.Store!.CreateFactory(), 0.01)
        {
            Start = async options => await SqsStore.StartAsync(options.Sqs),
            RedisScale = 0.05,

            // It has no names, whole seconds, and nothing to choose but the default options.
            Lacks = ["dedupe", "delayed", "drain-best"],
        },
        new("sqlite", c => c.Store!.CreateFactory(), 0.05) { Start = static _ => Task.FromResult<IBenchStore>(new SqliteStore()), RedisScale = 0.25 },
        new("postgres", c => c.Store!.CreateFactory(), 0.02) { Start = static async _ => await PostgreSqlStore.StartAsync(), RedisScale = 0.1 },
        new("mariadb", c => c.Store!.CreateFactory(), 0.02) { Start = static async _ => await MariaDbStore.StartAsync(), RedisScale = 0.1 },
    ];

    public static IEnumerable<string> Names => All.Select(b => b.Name);

    /// <exception cref="ArgumentException">There is no such backend.</exception>
    public static Backend Find(string name) =>
        All.FirstOrDefault(b => b.Name == name)
        ?? throw new ArgumentException($"There is no backend '{name}'; there is: {string.Join(", ", Names)}.");
}
