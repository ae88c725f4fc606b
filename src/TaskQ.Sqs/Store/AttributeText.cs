using System.Globalization;
using System.Text;

namespace TaskQ.Sqs.Store;

/// <summary>Any text as the value of an attribute: printable ASCII, the rest and the backslash as <c>\uXXXX</c>.</summary>
/// <remarks>SQS refuses control characters and lone surrogates, and some servers count characters beyond ASCII wrongly.</remarks>
internal static class AttributeText
{
    public static string Escape(string text)
    {
        if (text.All(IsPlain))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            if (IsPlain(c))
            {
                escaped.Append(c);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
        }

        return escaped.ToString();
    }

    public static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 5 < text.Length && ushort.TryParse(text.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort c))
            {
                plain.Append((char)c);
                i += 5;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '\\';
}
