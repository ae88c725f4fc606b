namespace TaskQ.Add;

/// <summary>What a message's name is made of. The numbers are part of the hash in a store, so they never change.</summary>
internal enum NameKind
{
    /// <summary>A name that the caller gave.</summary>
    Explicit = 0,

    /// <summary>The arguments, until the message ends.</summary>
    Unique = 1,

    /// <summary>The arguments, for the deduplication window.</summary>
    Arguments = 2,

    /// <summary>The arguments or a key, for a slot of a period.</summary>
    Period = 3,
}
