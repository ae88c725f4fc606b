namespace TaskQ.Conformance.Harness;

/// <summary>One run of a handler.</summary>
public sealed record HandlerRun(Guid Id, int Attempt, DateTimeOffset At, object? Value);
