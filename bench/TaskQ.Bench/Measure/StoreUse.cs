namespace TaskQ.Bench.Measure;

/// <summary>What the store's own process used. What a store does not tell is null.</summary>
/// <param name="Microseconds">Processor time of the thread that runs commands.</param>
/// <param name="NetBytes">Bytes received and sent.</param>
/// <param name="Requests">Requests that were sent to it.</param>
internal readonly record struct StoreUse(double? Microseconds, double? NetBytes, double? Requests = null)
{
    /// <summary>Nothing, of all that there is.</summary>
    public static readonly StoreUse Zero = new(0, 0, 0);

    public static StoreUse operator -(StoreUse a, StoreUse b) => new(a.Microseconds - b.Microseconds, a.NetBytes - b.NetBytes, a.Requests - b.Requests);

    public static StoreUse operator +(StoreUse a, StoreUse b) => new(a.Microseconds + b.Microseconds, a.NetBytes + b.NetBytes, a.Requests + b.Requests);

    public static StoreUse operator /(StoreUse a, double n) => new(a.Microseconds / n, a.NetBytes / n, a.Requests / n);
}
