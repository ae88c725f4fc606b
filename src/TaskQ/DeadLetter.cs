namespace TaskQ;

/// <summary>A message that will not be tried again, and why.</summary>
/// <param name="Message">The message.</param>
/// <param name="Reason">Why it is here: one of <see cref="DeadReason"/>.</param>
/// <param name="ErrorType">The full name of the last exception's type, if there was one.</param>
/// <param name="ErrorMessage">The last exception's message, cut to 1024 characters, if there was one.</param>
/// <param name="Attempts">How many times it was delivered; what a shutdown interrupted is not counted.</param>
/// <param name="DiedAt">When it came here.</param>
public sealed record DeadLetter(
    TaskMessage Message,
    string Reason,
    string? ErrorType,
    string? ErrorMessage,
    int Attempts,
    DateTimeOffset DiedAt);
