using System.Text;
using Amazon.Runtime.Internal;

namespace TaskQ.Sqs.Transport;

/// <summary>The service's words, made fit for an exception: no credentials, no control characters, not too long.</summary>
internal static class ErrorText
{
    private const int MaxLength = 512;

    // Shorter ones occur in ordinary text.
    private const int MinSecretLength = 8;

    /// <summary>Cleans a text of what the request carried.</summary>
    /// <param name="text">What the service, or something between, said.</param>
    /// <param name="sent">The request, null when none was sent.</param>
    public static string Clean(string text, IRequest? sent)
    {
        foreach (string secret in Secrets(sent))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        var clean = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (clean.Length >= MaxLength)
            {
                clean.Append('…');
                break;
            }

            if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.Format)
            {
                clean.Append(' ');
            }
            else
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    private static IEnumerable<string> Secrets(IRequest? sent)
    {
        if (sent is null)
        {
            yield break;
        }

        if (sent.Headers.TryGetValue("X-Amz-Security-Token", out string? token) && token is { Length: >= MinSecretLength })
        {
            yield return token;
        }

        if (sent.AWS4SignerResult is { } signed)
        {
            yield return signed.Signature;
            if (signed.AccessKeyId is { Length: >= MinSecretLength } id)
            {
                yield return id;
            }
        }
    }
}
