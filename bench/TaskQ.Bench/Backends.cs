using TaskQ.Memory;

namespace TaskQ.Bench;

/// <summary>A backend that can be measured.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Create">Opens its factory.</param>
/// <param name="Scale">Its default number of messages, as a share of memory's.</param>
internal sealed record Backend(string Name, Func<BenchContext, QueueFactory> Create, double Scale);

/// <summary>The backends by name. A new one is one line here.</summary>
internal static class Backends
{
    private static readonly Backend[] All =
    [
        new("memory", c => new MemoryQueueFactory(new MemoryOptions { EncodeMessages = c.Options.Encoded }), 1),
        new("redis", c => c.Redis!.CreateFactory(), 0.2),
    ];

    public static IEnumerable<string> Names => All.Select(b => b.Name);

    /// <exception cref="ArgumentException">There is no such backend.</exception>
    public static Backend Find(string name) =>
        All.FirstOrDefault(b => b.Name == name)
        ?? throw new ArgumentException($"There is no backend '{name}'; there is: {string.Join(", ", Names)}.");
}
