using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;

namespace TaskQ.Sqs.Transport;

/// <summary>Reads the error of an answer, for the SDK's decision whether to try again and for the caller.</summary>
/// <remarks>https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization</remarks>
internal static class SqsFault
{
    public static AmazonServiceException Read(JsonDocument? document, IWebResponseData response, Exception cause, HttpStatusCode status)
    {
        using (document)
        {
            string? code = Short(Header(response, "x-amzn-ErrorType") ?? Member(document, "__type") ?? Member(document, "code"));
            string message = Member(document, "message") ?? Member(document, "Message") ?? "";
            bool isSenderFault = QueryFault(response) ?? (int)status is >= 400 and < 500;
            return new AmazonServiceException(
                message,
                // The SDK reads the server's time from it.
                cause,
                isSenderFault ? ErrorType.Sender : ErrorType.Receiver,
                code,
                Header(response, "x-amzn-RequestId"),
                status);
        }
    }

    // "AWS.SimpleQueueService.NonExistentQueue;Sender"
    private static bool? QueryFault(IWebResponseData response) =>
        Header(response, "x-amzn-query-error")?.Split(';') is [_, var fault] ? fault.Equals("Sender", StringComparison.OrdinalIgnoreCase) : null;

    private static string? Header(IWebResponseData response, string name) =>
        response.IsHeaderPresent(name) && response.GetHeaderValue(name) is { Length: > 0 } value ? value : null;

    private static string? Member(JsonDocument? document, string name) =>
        document?.RootElement is { ValueKind: JsonValueKind.Object } root
        && root.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    // "com.amazonaws.sqs#QueueDoesNotExist" and "QueueDoesNotExist:http://..." are QueueDoesNotExist.
    private static string? Short(string? type) => type?[(type.LastIndexOf('#') + 1)..].Split(':')[0];
}
