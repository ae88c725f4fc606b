namespace TaskQ.Bench.Measure;

/// <summary>What the store's own process used.</summary>
/// <param name="Microseconds">Processor time of the thread that runs commands.</param>
/// <param name="NetBytes">Bytes received and sent.</param>
internal readonly record struct StoreUse(double Microseconds, double NetBytes)
{
    public static StoreUse operator -(StoreUse a, StoreUse b) => new(a.Microseconds - b.Microseconds, a.NetBytes - b.NetBytes);

    public static StoreUse operator +(StoreUse a, StoreUse b) => new(a.Microseconds + b.Microseconds, a.NetBytes + b.NetBytes);

    public static StoreUse operator /(StoreUse a, double n) => new(a.Microseconds / n, a.NetBytes / n);
}
