namespace TaskQ;

/// <summary>What happens when a message is added under a name that is taken.</summary>
public enum DedupeMode
{
    /// <summary>The earlier message stays as it is.</summary>
    KeepFirst,

    /// <summary>The earlier message, if it has not started, takes over the arguments, headers and due time of the later one; its id stays.</summary>
    ReplacePending,
}
