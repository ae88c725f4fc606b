namespace ApiWorker;

/// <summary>What was added and what became of it.</summary>
internal record struct Tally
{
    public long Added { get; set; }

    public long Duplicates { get; set; }

    public long Processed { get; set; }

    public long FailedAttempts { get; set; }

    public long Fallbacks { get; set; }

    public long Dead { get; set; }

    /// <summary>Failed attempts that were tried again.</summary>
    public readonly long Retries => FailedAttempts - Fallbacks - Dead;

    public static Tally operator +(Tally a, Tally b) => new()
    {
        Added = a.Added + b.Added,
        Duplicates = a.Duplicates + b.Duplicates,
        Processed = a.Processed + b.Processed,
        FailedAttempts = a.FailedAttempts + b.FailedAttempts,
        Fallbacks = a.Fallbacks + b.Fallbacks,
        Dead = a.Dead + b.Dead,
    };
}
