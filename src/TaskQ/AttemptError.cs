namespace TaskQ;

/// <summary>How an attempt failed.</summary>
/// <param name="Attempt">Which one, 1 for the first.</param>
/// <param name="ErrorType">The full name of the exception's type; <c>lease_lost</c> when its lease ran out, so that nobody told how it ended.</param>
/// <param name="ErrorMessage">The exception's message, cut to 1024 characters.</param>
/// <param name="FailedAt">When, by the clock of the process in which it ran, or which found out that its lease had run out.</param>
public sealed record AttemptError(int Attempt, string ErrorType, string ErrorMessage, DateTimeOffset FailedAt);
