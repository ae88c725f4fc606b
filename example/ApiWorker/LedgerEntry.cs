namespace ApiWorker;

/// <summary>What is known of one message.</summary>
internal sealed class LedgerEntry(string queue, string task)
{
    public string Queue => queue;

    public string Task => task;

    /// <summary>Whether this run has added it.</summary>
    public bool IsOwn { get; set; }

    public int Processed { get; set; }

    public int FailedAttempts { get; set; }

    public int Fallbacks { get; set; }

    public int Dead { get; set; }

    /// <summary>How often it has ended: once, when all is well.</summary>
    public int Ends => Processed + Fallbacks + Dead;

    public Tally ToTally() => new()
    {
        Added = IsOwn ? 1 : 0,
        Processed = Processed,
        FailedAttempts = FailedAttempts,
        Fallbacks = Fallbacks,
        Dead = Dead,
    };
}
