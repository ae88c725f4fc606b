namespace TaskQ;

/// <summary>What became of an add.</summary>
public enum AddStatus
{
    /// <summary>The message is in the queue.</summary>
    Added,

    /// <summary>A message of the same name is there already; nothing was added.</summary>
    Duplicate,
}
