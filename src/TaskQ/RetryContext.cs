namespace TaskQ;

/// <summary>What <see cref="TaskOptions.RetryDelay"/> decides on.</summary>
/// <param name="Message">The message that failed.</param>
/// <param name="Attempt">Which attempt failed, from 1.</param>
/// <param name="Error">How it failed.</param>
public sealed record RetryContext(TaskMessage Message, int Attempt, Exception Error);
