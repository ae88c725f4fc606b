using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Memory;
using TaskQ.Bench.Store;

namespace TaskQ.Bench;

/// <summary>What a scenario works with: the options, and queues on the chosen backend.</summary>
internal sealed class BenchContext : IAsyncDisposable
{
    private readonly Backend _backend;
    private IBareStore? _bare;

    public BenchContext(BenchOptions options, IBenchStore? store)
    {
        Options = options;
        Store = store;
        _backend = Backends.Find(options.Backend);
        PeakMemory.Reset();
    }

    public BenchOptions Options { get; }

    /// <summary>The store when it is in another process.</summary>
    public IBenchStore? Store { get; }

    /// <summary>The backend as the result names it: with <c>+encoded</c> and <c>+typed</c> where they apply.</summary>
    public string BackendName =>
        Options.Backend + (Options.Encoded ? "+encoded" : "") + (Options.Typed ? "+typed" : "");

    /// <summary>Whether the targets for memory by reference and encoded apply.</summary>
    public bool IsMemory => Options.Backend == "memory";

    /// <summary>How long warm-up rounds are repeated: tier-0 code, then instrumented code, then optimised code.</summary>
    public static TimeSpan WarmUp => TimeSpan.FromSeconds(5);

    /// <summary>The number of messages: the command line's, else the scenario's for memory, scaled to the backend's speed.</summary>
    public int N(int memoryDefault) => Options.N ?? Math.Max(100, (int)(memoryDefault * _backend.Scale));

    /// <summary>As <see cref="N(int)"/>, with a number of its own for Redis.</summary>
    public int N(int memoryDefault, int redisDefault) => Options.N ?? (IsMemory ? memoryDefault : (int)(redisDefault * _backend.RedisScale));

    /// <summary>A factory with a connection of its own.</summary>
    public QueueFactory CreateFactory() => _backend.Create(this);

    /// <summary>Opens a queue of its own on a new connection.</summary>
    /// <param name="configure">Sets options; the command line's go over them.</param>
    public BenchQueue Open(Action<QueueOptions>? configure = null) => new(CreateFactory(), null, Tune(configure));

    /// <summary>Opens a queue of its own with a connection for its producer and one for its consumer, as in two applications; in memory there is one factory.</summary>
    public BenchQueue OpenPair() => new(CreateFactory(), IsMemory ? null : CreateFactory(), Tune(null));

    /// <summary>What the store's process has used, null when there is none.</summary>
    public async Task<StoreUse?> ReadStoreAsync() => Store is null ? null : await Store.ReadAsync();

    /// <summary>The store without a queue; for memory a bare channel.</summary>
    public async Task<IBareStore> BareStoreAsync() => _bare ??= Store is null ? await BareChannel.OpenAsync() : await Store.OpenBareAsync();

    public async ValueTask DisposeAsync()
    {
        _bare?.Dispose();
        if (Store is not null)
        {
            await Store.CleanAsync();
        }

        GC.Collect();
    }

    private Action<QueueOptions> Tune(Action<QueueOptions>? configure) => options =>
    {
        configure?.Invoke(options);
        Options.Tuning.Apply(options);
    };
}
