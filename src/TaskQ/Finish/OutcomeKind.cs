namespace TaskQ.Finish;

/// <summary>What becomes of a run.</summary>
internal enum OutcomeKind
{
    /// <summary>It succeeded.</summary>
    Complete,

    /// <summary>It failed and is tried again.</summary>
    Retry,

    /// <summary>It failed for good: the fallback handler, then the dead letters.</summary>
    Fail,

    /// <summary>It was interrupted and is given back uncounted.</summary>
    Release,
}
