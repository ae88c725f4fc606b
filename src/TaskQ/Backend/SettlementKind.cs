namespace TaskQ.Backend;

/// <summary>What a settlement does with a message.</summary>
public enum SettlementKind
{
    /// <summary>Removes it: it is done.</summary>
    Complete,

    /// <summary>Stores it for another attempt after a delay, the failed one counted; one that was cancelled is removed instead.</summary>
    Retry,

    /// <summary>Moves it to the dead letters.</summary>
    Dead,

    /// <summary>Gives it back as if it had not been fetched, before those that wait; one that was cancelled is removed instead.</summary>
    Release,
}
