using System.Net.Sockets;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace TaskQ.Sqs.Transport;

/// <summary>The exception of this package for what the SDK throws.</summary>
internal static class Failure
{
    /// <summary>Whether an exception is the SDK's or the network's, and not a mistake here.</summary>
    public static bool IsOne(Exception error) => error is AmazonClientException or AmazonServiceException or JsonException || IsNetwork(error);

    /// <summary>Translates; the SDK's exceptions are no inner ones, for they hold the service's words as they came.</summary>
    public static SqsException Of(string operation, Exception error, IRequest? sent) => error switch
    {
        AmazonUnmarshallingException or JsonException => new SqsException($"SQS {operation}: the answer could not be read.")
        {
            Kind = SqsErrorKind.Damaged,
            StatusCode = error is AmazonServiceException { StatusCode: > 0 } answered ? (int)answered.StatusCode : null,
        },
        AmazonServiceException { StatusCode: > 0 } service => OfService(operation, service, sent),
        AmazonClientException client when !IsNetwork(client) => new SqsException($"SQS {operation}: {ErrorText.Clean(client.Message, sent)}")
        {
            Kind = SqsErrorKind.CredentialsRefused,
            IsSenderFault = true,
        },
        _ => new SqsException($"SQS {operation}: {Network(error)}", error is AmazonServiceException or AmazonClientException ? null : error)
        {
            Kind = SqsErrorKind.Unavailable,
        },
    };

    private static SqsException OfService(string operation, AmazonServiceException error, IRequest? sent)
    {
        bool isSenderFault = error.ErrorType == ErrorType.Sender;
        int status = (int)error.StatusCode;
        SqsErrorKind kind = status == 429
            ? SqsErrorKind.Throttled
            : SqsErrors.KindOf(error.ErrorCode, error.Message, isSenderFault);
        // These repeat the request that was signed, whose headers hold a session's token.
        string words = kind == SqsErrorKind.CredentialsRefused
            ? "the credentials were refused; they are wrong or expired, or the clock is."
            : ErrorText.Clean(error.Message, sent);
        return new SqsException($"SQS {operation}: {Code(error, status)}{words}")
        {
            Kind = kind,
            ErrorCode = error.ErrorCode is { Length: > 0 } code ? ErrorText.Clean(code, sent) : null,
            StatusCode = status,
            RequestId = error.RequestId is { Length: > 0 } id ? ErrorText.Clean(id, sent) : null,
            IsSenderFault = isSenderFault,
        };

        string Code(AmazonServiceException service, int httpStatus) =>
            service.ErrorCode is { Length: > 0 } code ? $"{ErrorText.Clean(code, sent)} ({httpStatus}): " : $"HTTP {httpStatus}. ";
    }

    private static bool IsNetwork(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException)
            {
                return true;
            }
        }

        return false;
    }

    private static string Network(Exception error) => error is OperationCanceledException or TimeoutException
        ? "there was no answer in time."
        : "the service could not be reached, or broke the connection.";
}
