using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench;

/// <summary>What a scenario works with: the options, and queues on the chosen backend.</summary>
internal sealed class BenchContext : IDisposable
{
    private readonly Backend _backend;

    public BenchContext(BenchOptions options)
    {
        Options = options;
        _backend = Backends.Find(options.Backend);
        PeakMemory.Reset();
    }

    public BenchOptions Options { get; }

    /// <summary>The backend as the result names it: with <c>+encoded</c> and <c>+typed</c> where they apply.</summary>
    public string BackendName =>
        Options.Backend + (Options.Encoded ? "+encoded" : "") + (Options.Typed ? "+typed" : "");

    /// <summary>Whether the targets for memory by reference and encoded apply.</summary>
    public bool IsMemory => Options.Backend == "memory";

    /// <summary>How long warm-up rounds are repeated: tier-0 code, then instrumented code, then optimised code.</summary>
    public static TimeSpan WarmUp => TimeSpan.FromSeconds(2);

    /// <summary>The number of messages: the command line's, else the scenario's for memory, scaled to the backend's speed.</summary>
    public int N(int memoryDefault) => Options.N ?? Math.Max(100, (int)(memoryDefault * _backend.Scale));

    /// <summary>Opens a queue of its own on a new connection.</summary>
    public BenchQueue Open(Action<QueueOptions>? configure = null) => new(_backend.Create(Options), configure);

    public void Dispose() => GC.Collect();
}
