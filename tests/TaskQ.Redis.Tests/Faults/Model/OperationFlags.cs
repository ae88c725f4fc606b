namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>How an operation is done; each kind heeds some of them.</summary>
[Flags]
internal enum OperationFlags
{
    None = 0,

    /// <summary>An add replaces a pending message of its name.</summary>
    Replaces = 1,

    /// <summary>An add keeps its id beside its name.</summary>
    KeepsId = 2,

    /// <summary>All messages of an add have the same name.</summary>
    SameName = 4,

    /// <summary>The messages of an add go one by one, so that they coalesce.</summary>
    OneByOne = 8,

    /// <summary>A due time in place of a delay.</summary>
    ByDueTime = 16,

    /// <summary>A fetch asks for a suspect.</summary>
    Suspect = 32,

    /// <summary>The reply is lost, and the call is sent again at once.</summary>
    SentAgain = 64,

    /// <summary>The reply of a fetch is lost, and it is not sent again at once.</summary>
    Unanswered = 128,

    /// <summary>Time passes first, and nobody looks at the leases that run out meanwhile.</summary>
    Late = 256,

    /// <summary>What is settled will be settled a second time.</summary>
    Repeats = 512,
}
