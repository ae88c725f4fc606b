using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>Checks requests as AWS does: Signature Version 4, written from its description alone.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html</remarks>
internal sealed class SignatureVerifier(string accessKeyId, string secretKey, string region)
{
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong with a request's signature, null when nothing is.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The server's time.</param>
    public string? Fault(HttpRequest request, DateTimeOffset now)
    {
        const string Scheme = "AWS4-HMAC-SHA256 ";
        string authorization = request.Header("Authorization") ?? "";
        if (!authorization.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return "no signature of this scheme";
        }

        var parts = authorization[Scheme.Length..].Split(',', StringSplitOptions.TrimEntries).Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        string[] signedHeaders = parts["SignedHeaders"].Split(';');
        string date = request.Header("X-Amz-Date") ?? "";
        string scope = $"{date[..Math.Min(8, date.Length)]}/{region}/sqs/aws4_request";
        if (parts["Credential"] != $"{accessKeyId}/{scope}")
        {
            return "another credential scope";
        }

        // All headers of AWS, the host and the content type must be covered.
        var missing = request.Headers.Select(header => header.Key.ToLowerInvariant())
            .Where(name => name is "host" or "content-type" || name.StartsWith("x-amz-", StringComparison.Ordinal))
            .Except(signedHeaders)
            .ToList();
        if (missing.Count > 0)
        {
            return "not signed: " + string.Join(", ", missing);
        }

        string canonical = CanonicalRequest(request, signedHeaders);
        string toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        if (parts["Signature"] != Hex(Hmac(SigningKey(date[..8]), toSign)))
        {
            return "another signature";
        }

        var signedAt = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return (signedAt - now).Duration() > MaxSkew ? "another time" : null;
    }

    private static string CanonicalRequest(HttpRequest request, string[] signedHeaders)
    {
        var text = new StringBuilder();
        // Neither the path "/" nor an empty query needs to be encoded.
        Assert.Equal("/", request.Path);
        text.Append(request.Method).Append('\n').Append(request.Path).Append("\n\n");
        foreach (string name in signedHeaders)
        {
            text.Append(name).Append(':').Append(request.Header(name)?.Trim()).Append('\n');
        }

        return text.Append('\n').AppendJoin(';', signedHeaders).Append('\n').Append(Hex(SHA256.HashData(request.Body))).ToString();
    }

    private byte[] SigningKey(string day) =>
        Hmac(Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes("AWS4" + secretKey), day), region), "sqs"), "aws4_request");

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
