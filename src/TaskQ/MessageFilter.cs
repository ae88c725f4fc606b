namespace TaskQ;

/// <summary>Which messages <see cref="TaskQueue.ListAsync"/> returns; what is null does not filter.</summary>
public sealed record MessageFilter
{
    /// <summary>Only messages in this state. The default is null: every state.</summary>
    public MessageState? State { get; init; }

    /// <summary>Only messages of this task. The default is null: every task.</summary>
    public string? TaskName { get; init; }

    /// <summary>Only messages that were added at least this long ago. The default is null: any age.</summary>
    public TimeSpan? MinAge { get; init; }
}
