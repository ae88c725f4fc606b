namespace TaskQ.Backend;

/// <summary>Why a message is dead.</summary>
/// <param name="Reason">One of <see cref="DeadReason"/>.</param>
/// <param name="ErrorType">The type of the last exception.</param>
/// <param name="ErrorMessage">Its message, bounded by the core.</param>
/// <param name="Attempts">How often it was delivered.</param>
public sealed record Death(string Reason, string? ErrorType, string? ErrorMessage, int Attempts);
