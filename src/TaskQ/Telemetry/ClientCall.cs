namespace TaskQ.Telemetry;

/// <summary>The calls to a store that are measured.</summary>
internal enum ClientCall
{
    Add,

    /// <summary>Reserves messages, and settles what is finished on the way.</summary>
    Fetch,

    /// <summary>Settles what is finished, without a fetch.</summary>
    Settle,
}
