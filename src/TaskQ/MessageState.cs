namespace TaskQ;

/// <summary>Where a message stands.</summary>
public enum MessageState
{
    /// <summary>It could start now.</summary>
    Ready,

    /// <summary>Its time has not come.</summary>
    Delayed,

    /// <summary>A consumer has reserved it: it runs or is buffered.</summary>
    InFlight,

    /// <summary>It is among the dead letters.</summary>
    Dead,

    /// <summary>It is done, and kept for a while by a backend that was told to.</summary>
    Finished,
}
