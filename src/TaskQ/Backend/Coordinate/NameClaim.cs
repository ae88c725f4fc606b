namespace TaskQ.Backend.Coordinate;

/// <summary>A message that wants a name.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Name">The name.</param>
public readonly record struct NameClaim(Guid Id, MessageName Name);
