namespace TaskQ.Sqs;

/// <summary>What the error codes of SQS mean, in its JSON protocol and in its older query protocol.</summary>
/// <remarks>
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and the Errors section of each call there.
/// </remarks>
internal static class SqsErrors
{
    /// <summary>The code of an entry that a batch's answer does not name.</summary>
    public const string NoAnswer = "NoAnswer";

    /// <summary>The code of a message whose checksum is not that of what was sent.</summary>
    public const string ChecksumMismatch = "ChecksumMismatch";

    public static SqsErrorKind KindOf(string? code, string message, bool isSenderFault) => Short(code) switch
    {
        "QueueDoesNotExist" or "NonExistentQueue" => SqsErrorKind.QueueDoesNotExist,
        "QueueNameExists" or "QueueAlreadyExists" => SqsErrorKind.QueueExists,
        "QueueDeletedRecently" => SqsErrorKind.QueueDeletedRecently,
        "PurgeQueueInProgress" => SqsErrorKind.PurgeInProgress,
        "RequestThrottled" or "Throttling" or "ThrottlingException" or "ThrottledException" or "TooManyRequestsException"
            or "RequestLimitExceeded" or "BandwidthLimitExceeded" or "SlowDown" or "KmsThrottled" or "OverLimit" => SqsErrorKind.Throttled,
        "BatchRequestTooLong" or "MessageTooLong" => SqsErrorKind.MessageTooLarge,
        "ReceiptHandleIsInvalid" => SqsErrorKind.ReceiptHandleInvalid,
        "MessageNotInflight" => SqsErrorKind.MessageNotInFlight,
        "AccessDenied" or "AccessDeniedException" or "KmsAccessDenied" or "NotAuthorized" or "OptInRequired" => SqsErrorKind.AccessDenied,
        "ExpiredToken" or "ExpiredTokenException" or "InvalidClientTokenId" or "UnrecognizedClientException" or "SignatureDoesNotMatch"
            or "InvalidSignatureException" or "IncompleteSignature" or "IncompleteSignatureException" or "MissingAuthenticationToken"
            or "MissingAuthenticationTokenException" or "InvalidAccessKeyId" or "InvalidSecurity" or "RequestExpired"
            or "RequestTimeTooSkewed" => SqsErrorKind.CredentialsRefused,
        "InvalidParameterValue" or "InvalidParameterValueException" or "InvalidParameterCombination" or "ValidationError"
            or "ValidationException" => OfInvalidValue(message),
        "InvalidMessageContents" or "InvalidAttributeName" or "InvalidAttributeValue" or "MissingParameter" or "InvalidAction"
            or "InvalidAddress" or "UnsupportedOperation" or "EmptyBatchRequest" or "TooManyEntriesInBatchRequest"
            or "BatchEntryIdsNotDistinct" or "InvalidBatchEntryId" or "MalformedInput" or "SerializationException" => SqsErrorKind.InvalidRequest,
        ChecksumMismatch => SqsErrorKind.Damaged,
        "InternalError" or "InternalFailure" or "InternalServerError" or "ServiceUnavailable" or "ServiceUnavailableException"
            or "RequestTimeout" or NoAnswer => SqsErrorKind.Unavailable,
        _ => isSenderFault ? SqsErrorKind.Other : SqsErrorKind.Unavailable,
    };

    // The service has no code of their own for these two.
    private static SqsErrorKind OfInvalidValue(string message)
    {
        if (message.Contains("receipt handle", StringComparison.OrdinalIgnoreCase) || message.Contains("ReceiptHandle", StringComparison.Ordinal))
        {
            return message.Contains("available for visibility timeout change", StringComparison.OrdinalIgnoreCase)
                ? SqsErrorKind.MessageNotInFlight
                : SqsErrorKind.ReceiptHandleInvalid;
        }

        return message.Contains("must be shorter than", StringComparison.OrdinalIgnoreCase)
            ? SqsErrorKind.MessageTooLarge
            : SqsErrorKind.InvalidRequest;
    }

    // "AWS.SimpleQueueService.X" and "com.amazonaws.sqs#X" are X.
    private static string? Short(string? code)
    {
        int at = code?.LastIndexOfAny(['#', '.']) ?? -1;
        return at < 0 ? code : code![(at + 1)..];
    }
}
