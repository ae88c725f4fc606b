namespace TaskQ;

/// <summary>A message as an operator sees it.</summary>
/// <param name="Message">The message.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DueAt">When it may start or was allowed to; for a dead letter, when it died, for a finished message, when it was done.</param>
public sealed record MessageInfo(TaskMessage Message, MessageState State, DateTimeOffset DueAt)
{
    /// <summary>How its attempts failed, the latest last, where the backend keeps that. The default is none.</summary>
    public IReadOnlyList<AttemptError> Errors { get; init; } = [];
}
