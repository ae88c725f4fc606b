using System.Text;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>What a scripted server does with a request.</summary>
internal sealed record HttpAnswer(int Status, string ContentType, string Body, params (string Name, string Value)[] Headers)
{
    /// <summary>Breaks the connection.</summary>
    public static HttpAnswer Reset { get; } = new(0, "reset", "");

    /// <summary>Never answers.</summary>
    public static HttpAnswer Silence { get; } = new(0, "silence", "");

    public static HttpAnswer Ok(string json) => new(200, "application/x-amz-json-1.0", json, ("x-amzn-RequestId", "request-1"));

    /// <summary>An error of the service.</summary>
    public static HttpAnswer Error(int status, string code, string message = "Said so.") => new(
        status,
        "application/x-amz-json-1.0",
        $$"""{"__type":"com.amazonaws.sqs#{{code}}","message":{{System.Text.Json.JsonSerializer.Serialize(message)}}}""",
        ("x-amzn-RequestId", "request-1"));

    /// <summary>The page of something between.</summary>
    public static HttpAnswer Html(int status, string text = "Down") => new(status, "text/html", $"<html><body><h1>{text}</h1></body></html>");

    public byte[] Bytes(DateTimeOffset now)
    {
        byte[] body = Encoding.UTF8.GetBytes(Body);
        string extra = string.Concat(Headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
        string head = $"HTTP/1.1 {Status} Status\r\nContent-Type: {ContentType}\r\nContent-Length: {body.Length}\r\nDate: {now:R}\r\nConnection: close\r\n{extra}\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
