namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>What was done to the workers of one sequence or of many, and what they met.</summary>
internal sealed record InjectedFaults
{
    /// <summary>Calls whose reply was lost, and that were sent again.</summary>
    public int LostReplies { get; set; }

    /// <summary>Fetches whose reply never came.</summary>
    public int Unanswered { get; set; }

    /// <summary>Workers that died while they held something.</summary>
    public int Kills { get; set; }

    /// <summary>Leases that ran out, by message.</summary>
    public int Crashes { get; set; }

    /// <summary>Settlements that were refused: those of lost leases, and second ones.</summary>
    public int Refused { get; set; }

    /// <summary>Names that were found taken.</summary>
    public int Duplicates { get; set; }

    /// <summary>Pending messages that were replaced.</summary>
    public int Replaced { get; set; }

    /// <summary>Fetches that a limit or a pause kept from what was ready.</summary>
    public int Limited { get; set; }

    /// <summary>Dead letters that were made ready again.</summary>
    public int Requeued { get; set; }

    public int Deliveries { get; set; }

    public static InjectedFaults operator +(InjectedFaults left, InjectedFaults right) => new()
    {
        LostReplies = left.LostReplies + right.LostReplies,
        Unanswered = left.Unanswered + right.Unanswered,
        Kills = left.Kills + right.Kills,
        Crashes = left.Crashes + right.Crashes,
        Refused = left.Refused + right.Refused,
        Duplicates = left.Duplicates + right.Duplicates,
        Replaced = left.Replaced + right.Replaced,
        Limited = left.Limited + right.Limited,
        Requeued = left.Requeued + right.Requeued,
        Deliveries = left.Deliveries + right.Deliveries,
    };
}
