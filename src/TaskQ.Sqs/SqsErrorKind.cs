namespace TaskQ.Sqs;

/// <summary>What an error of Amazon SQS means.</summary>
public enum SqsErrorKind
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>There is no such queue.</summary>
    QueueDoesNotExist,

    /// <summary>There is a queue of that name with other attributes.</summary>
    QueueExists,

    /// <summary>The queue was deleted less than a minute ago.</summary>
    QueueDeletedRecently,

    /// <summary>The queue was purged less than a minute ago.</summary>
    PurgeInProgress,

    /// <summary>Too many requests, or too many messages in flight.</summary>
    Throttled,

    /// <summary>A message, or a batch as a whole, is too large.</summary>
    MessageTooLarge,

    /// <summary>A receipt handle is not valid or has expired.</summary>
    ReceiptHandleInvalid,

    /// <summary>The message is not in flight: its time is over, or it was deleted.</summary>
    MessageNotInFlight,

    /// <summary>The credentials are good, but not allowed to do this.</summary>
    AccessDenied,

    /// <summary>The credentials are missing, wrong or expired.</summary>
    CredentialsRefused,

    /// <summary>A value of the request is not valid.</summary>
    InvalidRequest,

    /// <summary>The service could not be reached, did not answer in time or failed.</summary>
    Unavailable,

    /// <summary>What arrived differs from its checksum, or could not be read.</summary>
    Damaged,
}
