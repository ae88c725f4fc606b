namespace TaskQ.Registry;

/// <summary>Where a handler's parameter comes from.</summary>
internal enum ParameterKind
{
    /// <summary>The message's arguments.</summary>
    Payload,

    CancellationToken,

    Context,

    Message,

    /// <summary>The exception of the last attempt, in a fallback handler.</summary>
    Error,

    Service,
}
