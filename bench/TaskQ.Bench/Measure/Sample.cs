namespace TaskQ.Bench.Measure;

/// <summary>What one round took: wall time, processor time, time in which the garbage collector held all threads, bytes allocated.</summary>
internal readonly record struct Sample(double Seconds, double CpuSeconds, double PauseSeconds, long Bytes)
{
    /// <summary>What the thread pool ran.</summary>
    public long WorkItems { get; init; }

    /// <summary>How often a thread found a lock taken.</summary>
    public long Contentions { get; init; }

    /// <summary>What the store's process used meanwhile, null when it is not one.</summary>
    public StoreUse? Store { get; init; }

    /// <summary>What the store's process used before for the adds of the same messages.</summary>
    public StoreUse? StoreForAdds { get; init; }
}
