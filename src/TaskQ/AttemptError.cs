namespace TaskQ;

/// <summary>How an attempt failed.</summary>
/// <param name="Attempt">Which one, 1 for the first.</param>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message, cut to 1024 characters.</param>
/// <param name="FailedAt">When, by the clock of the process in which it ran.</param>
public sealed record AttemptError(int Attempt, string ErrorType, string ErrorMessage, DateTimeOffset FailedAt);
