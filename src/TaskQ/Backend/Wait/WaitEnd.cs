namespace TaskQ.Backend.Wait;

/// <summary>Why a wait is over.</summary>
public enum WaitEnd
{
    /// <summary>There may be something in the store.</summary>
    Woken,

    /// <summary>The time is up, the wait was cancelled, or the queue is closed.</summary>
    Ended,
}
