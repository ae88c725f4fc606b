namespace TaskQ.Sql;

/// <summary>A message of an outbox that its queue refused for good.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Error">Why.</param>
/// <param name="RefusedAt">When it was refused for the last time.</param>
public sealed record RefusedMessage(Guid Id, string Error, DateTimeOffset RefusedAt);
