namespace TaskQ.Dispatch;

/// <summary>Why a running handler's token was cancelled.</summary>
internal enum CancelReason
{
    None,
    Timeout,
    Shutdown,
    LeaseLost,
    Operator,
}
