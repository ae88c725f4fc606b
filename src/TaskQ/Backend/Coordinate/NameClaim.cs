namespace TaskQ.Backend.Coordinate;

/// <summary>A message that wants a name.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Name">The name.</param>
public readonly record struct NameClaim(Guid Id, MessageName Name)
{
    /// <summary>Whether the name is the id of a message that has another name, too: then <see cref="Id"/> is no message, and none ends it. The default is false.</summary>
    public bool IsOfId { get; init; }
}
