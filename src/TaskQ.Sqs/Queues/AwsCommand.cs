using System.Text.Encodings.Web;
using System.Text.Json;

namespace TaskQ.Sqs.Queues;

/// <summary>The command lines of the AWS CLI that an error message proposes.</summary>
internal static class AwsCommand
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string CreateQueue(SqsOptions options, string name, IReadOnlyDictionary<string, string> attributes) =>
        $"aws sqs create-queue --queue-name {name}{Common(options)}{Attributes(attributes)}";

    public static string SetAttributes(SqsOptions options, string url, IReadOnlyDictionary<string, string> attributes) =>
        $"aws sqs set-queue-attributes --queue-url {url}{Common(options)}{Attributes(attributes)}";

    private static string Common(SqsOptions options) =>
        (options.Region is { } region ? " --region " + region : "")
        + (options.Profile is { } profile ? $" --profile '{profile}'" : "")
        + (options.Endpoint is { } endpoint ? " --endpoint-url " + endpoint.GetLeftPart(UriPartial.Authority) : "");

    private static string Attributes(IReadOnlyDictionary<string, string> attributes) =>
        attributes.Count == 0 ? "" : $" --attributes '{JsonSerializer.Serialize(attributes, Json)}'";
}
