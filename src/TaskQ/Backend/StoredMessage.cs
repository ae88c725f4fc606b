namespace TaskQ.Backend;

/// <summary>A message as a store shows it to an operator.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Body">What was stored.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">How often it was delivered, the running delivery included.</param>
/// <param name="DueAt">When it may start or was allowed to; for a dead letter, when it died, for a finished message, when it was done.</param>
public sealed record StoredMessage(Guid Id, MessageBody Body, MessageState State, int Attempt, DateTimeOffset DueAt)
{
    /// <summary>How its attempts failed, the latest last, where the store keeps that. The default is none.</summary>
    public IReadOnlyList<AttemptError> Errors { get; init; } = [];
}
