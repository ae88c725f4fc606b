namespace TaskQ.Sqs;

/// <summary>Amazon SQS refused a call, or could not be reached. It never holds credentials.</summary>
public sealed class SqsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SqsException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What could not be done.</param>
    public SqsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What could not be done.</param>
    /// <param name="innerException">The cause.</param>
    public SqsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What the error means.</summary>
    public SqsErrorKind Kind { get; init; }

    /// <summary>The service's error code, such as <c>QueueDoesNotExist</c>; null when it gave none.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The HTTP status of the answer; null when there was none.</summary>
    public int? StatusCode { get; init; }

    /// <summary>The service's id of the request, for its support; null when it gave none.</summary>
    public string? RequestId { get; init; }

    /// <summary>Whether the caller is at fault, by the service's judgement.</summary>
    public bool IsSenderFault { get; init; }

    /// <summary>Whether the same call may succeed later without a change. It may have been carried out.</summary>
    public bool IsTransient => Kind is SqsErrorKind.Throttled or SqsErrorKind.Unavailable or SqsErrorKind.Damaged;
}
