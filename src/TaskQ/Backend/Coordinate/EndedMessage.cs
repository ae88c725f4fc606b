namespace TaskQ.Backend.Coordinate;

/// <summary>A message that is not in flight any more.</summary>
/// <param name="LeaseId">The lease under which it was started.</param>
/// <param name="Id">The message's id.</param>
/// <param name="IsFinished">Whether it left the queue for good: completed, dead or cancelled.</param>
/// <param name="Patience">How long from now the name that lasts until its end is kept at most, for one that is not finished; null to leave that as it is.</param>
public readonly record struct EndedMessage(Guid LeaseId, Guid Id, bool IsFinished, TimeSpan? Patience);
