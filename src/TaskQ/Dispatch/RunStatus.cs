namespace TaskQ.Dispatch;

/// <summary>How a run ended, for the counters and the pause on errors.</summary>
internal enum RunStatus
{
    Succeeded,
    Retried,
    Failed,

    /// <summary>Given back or cancelled: neither a success nor a failure.</summary>
    Interrupted,
}
