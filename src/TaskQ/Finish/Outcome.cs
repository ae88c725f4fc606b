namespace TaskQ.Finish;

/// <summary>What becomes of a run, and with what.</summary>
/// <param name="Kind">What.</param>
/// <param name="Delay">The wait of a retry or release.</param>
/// <param name="Reason">The reason of a failure.</param>
internal readonly record struct Outcome(OutcomeKind Kind, TimeSpan Delay = default, string? Reason = null);
