namespace TaskQ.Backend;

/// <summary>A dead letter as a store keeps it.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Body">What was stored.</param>
/// <param name="Death">Why it is dead.</param>
/// <param name="DiedAt">Since when.</param>
public sealed record DeadMessage(Guid Id, MessageBody Body, Death Death, DateTimeOffset DiedAt);
