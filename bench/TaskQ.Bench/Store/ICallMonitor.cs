namespace TaskQ.Bench.Store;

/// <summary>Counts the calls that reach a store.</summary>
internal interface ICallMonitor : IDisposable
{
    /// <summary>Ends, and returns how often each call came.</summary>
    Task<IReadOnlyDictionary<string, int>> StopAsync();
}
