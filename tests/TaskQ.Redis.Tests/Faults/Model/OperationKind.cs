namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>What a worker or an operator does.</summary>
internal enum OperationKind
{
    /// <summary>Adds messages.</summary>
    Add,

    /// <summary>Adds one again that was added before, whatever has become of it.</summary>
    AddAgain,

    /// <summary>Settles some that it holds, and reserves others, in one call.</summary>
    Exchange,

    /// <summary>Reserves some.</summary>
    Fetch,

    /// <summary>Settles some that it holds, or has lost by now.</summary>
    Settle,

    /// <summary>Asks again under the lease of a fetch whose reply it never got.</summary>
    AskAgain,

    /// <summary>Extends all its leases.</summary>
    Beat,

    /// <summary>Dies with all that it holds.</summary>
    Kill,

    /// <summary>Time passes.</summary>
    Advance,

    /// <summary>Gets a message, or lists some.</summary>
    Look,

    /// <summary>Cancels a message.</summary>
    Cancel,

    /// <summary>Moves a message to another due time.</summary>
    Reschedule,

    /// <summary>Pauses the queue.</summary>
    Pause,

    /// <summary>Resumes it.</summary>
    Resume,

    /// <summary>Makes one dead letter ready again.</summary>
    RequeueOne,

    /// <summary>Makes the oldest dead letters ready again.</summary>
    RequeueOldest,

    /// <summary>Deletes a dead letter.</summary>
    DeleteDead,

    /// <summary>Deletes all dead letters.</summary>
    PurgeDead,

    /// <summary>Removes all that waits or is reserved.</summary>
    Purge,
}
