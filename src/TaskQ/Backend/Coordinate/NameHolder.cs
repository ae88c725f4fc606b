namespace TaskQ.Backend.Coordinate;

/// <summary>Who holds a name.</summary>
/// <param name="Id">The id of the message that took it.</param>
/// <param name="IsConfirmed">Whether that message is known to be stored.</param>
public readonly record struct NameHolder(Guid Id, bool IsConfirmed);
