namespace TaskQ.Sqs.Tests;

public sealed class SqsErrorsTests
{
    [Theory]
    [InlineData("AWS.SimpleQueueService.NonExistentQueue", "", true, SqsErrorKind.QueueDoesNotExist)]
    [InlineData("com.amazonaws.sqs#QueueDoesNotExist", "", true, SqsErrorKind.QueueDoesNotExist)]
    [InlineData("AWS.SimpleQueueService.BatchRequestTooLong", "", true, SqsErrorKind.MessageTooLarge)]
    [InlineData("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.", true, SqsErrorKind.MessageTooLarge)]
    [InlineData("InvalidParameterValue", "Value x for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", true, SqsErrorKind.ReceiptHandleInvalid)]
    [InlineData("InvalidParameterValue", "Value x for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", true, SqsErrorKind.MessageNotInFlight)]
    [InlineData("InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid.", true, SqsErrorKind.InvalidRequest)]
    [InlineData("MessageNotInflight", "", true, SqsErrorKind.MessageNotInFlight)]
    [InlineData("OverLimit", "", true, SqsErrorKind.Throttled)]
    [InlineData("SomethingNew", "", true, SqsErrorKind.Other)]
    [InlineData("SomethingNew", "", false, SqsErrorKind.Unavailable)]
    [InlineData(null, "", false, SqsErrorKind.Unavailable)]
    public void KindOf_Code_IsItsMeaning(string? code, string message, bool isSenderFault, SqsErrorKind kind) =>
        Assert.Equal(kind, SqsErrors.KindOf(code, message, isSenderFault));
}
