namespace TaskQ.Backend.Coordinate;

/// <summary>How far the replacing of a message has come.</summary>
public enum Replacing
{
    /// <summary>The replacement may be stored; until it is confirmed the earlier message may start.</summary>
    Open,

    /// <summary>The replacement stands in the place of the earlier message.</summary>
    Done,

    /// <summary>The earlier message has started, ended or been cancelled: the replacement does not start, and changes nothing.</summary>
    Late,

    /// <summary>It must be begun again: another one is being stored, the name has another holder by now, or storing took too long.</summary>
    Again,
}
