namespace TaskQ;

/// <summary>The result of adding one message.</summary>
/// <param name="Id">The id of the message that is in the queue: for a duplicate, the earlier one.</param>
/// <param name="Status">Whether the message was added or is a duplicate.</param>
public readonly record struct AddResult(Guid Id, AddStatus Status)
{
    /// <summary>Whether a message of the same name was there already.</summary>
    public bool IsDuplicate => Status == AddStatus.Duplicate;
}
