using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Store;

/// <summary>A store in a process of its own.</summary>
internal interface IBenchStore : IAsyncDisposable
{
    /// <summary>Which server it is, for the report.</summary>
    string Description { get; }

    /// <summary>What it calls the calls that reach it, in the plural.</summary>
    string CallName { get; }

    /// <summary>How many calls an idle consumer may make a second.</summary>
    double MostIdleCalls { get; }

    /// <summary>The arguments with which another bench opens the same store, null when it can't.</summary>
    IReadOnlyList<string>? Arguments => null;

    /// <summary>A factory as an application has it, with a connection of its own.</summary>
    QueueFactory CreateFactory();

    /// <summary>What the server has used since it started, null when it is no process of its own.</summary>
    Task<StoreUse?> ReadAsync();

    /// <summary>How many bytes it keeps now, null when it does not tell.</summary>
    Task<double?> ReadBytesAsync() => Task.FromResult<double?>(null);

    /// <summary>Opens the server without a queue.</summary>
    Task<IBareStore> OpenBareAsync();

    /// <summary>Begins to count the calls that reach it.</summary>
    Task<ICallMonitor> MonitorAsync();

    /// <summary>Removes what a scenario has left.</summary>
    Task CleanAsync();

    /// <summary>The result with what it must reach.</summary>
    BenchResult SetTarget(BenchResult result);
}
