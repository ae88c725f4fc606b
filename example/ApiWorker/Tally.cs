namespace ApiWorker;

/// <summary>The sums of one task. Fields, so that several threads can count with Interlocked.</summary>
internal sealed class Tally
{
    public long Added;
    public long Duplicates;
    public long Processed;
    public long FailedAttempts;
    public long Fallbacks;
    public long Dead;

    /// <summary>Failed attempts that were tried again.</summary>
    public long Retries => FailedAttempts - Fallbacks - Dead;

    /// <summary>Adds another one to this.</summary>
    public void Add(Tally other)
    {
        Added += other.Added;
        Duplicates += other.Duplicates;
        Processed += other.Processed;
        FailedAttempts += other.FailedAttempts;
        Fallbacks += other.Fallbacks;
        Dead += other.Dead;
    }
}
