namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>The queue of a sequence.</summary>
/// <param name="WorkerLimit">How many messages may be in flight, 0 for any number.</param>
/// <param name="Burst">How many may start at once under the rate limit, 0 for none.</param>
/// <param name="MaxDead">How many dead letters are kept.</param>
internal sealed record ModelSettings(int WorkerLimit = 0, int Burst = 0, int MaxDead = ModelSettings.ManyDead)
{
    public const int ManyDead = 1000;

    /// <summary>From how many failed attempts on a message dies.</summary>
    public const int RetryLimit = 3;

    /// <summary>From how many lost leases on it dies unrun.</summary>
    public const int CrashLimit = 3;

    /// <summary>The time between two permits.</summary>
    public static TimeSpan PermitInterval { get; } = 3 * ModelTime.Unit;

    public static TimeSpan DeadRetention { get; } = ModelTime.Span(60);

    public override string ToString() => $"new({WorkerLimit}, {Burst}, {MaxDead})";
}
