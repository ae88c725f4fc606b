namespace TaskQ.Sqs.Client;

/// <summary>Why one entry of a batch failed.</summary>
/// <param name="Code">The service's error code, such as <c>InvalidParameterValue</c>.</param>
/// <param name="Message">The service's words.</param>
/// <param name="IsSenderFault">Whether the entry itself is at fault, so that a retry fails again.</param>
public sealed record SqsEntryError(string Code, string Message, bool IsSenderFault)
{
    /// <summary>What the code means.</summary>
    public SqsErrorKind Kind => SqsErrors.KindOf(Code, Message, IsSenderFault);
}
