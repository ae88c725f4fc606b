namespace TaskQ.Add;

/// <summary>What a message's name is made of.</summary>
internal enum NameKind
{
    /// <summary>A name that the caller gave.</summary>
    Explicit,

    /// <summary>The arguments, until the message ends.</summary>
    Unique,

    /// <summary>The arguments, for the deduplication window.</summary>
    Arguments,

    /// <summary>The arguments or a key, for a slot of a period.</summary>
    Period,
}
