using System.Globalization;
using System.Text;

namespace TaskQ.Finish;

/// <summary>Makes the text of an exception fit to be stored and logged: bounded, on one line, without control characters.</summary>
internal static class ErrorText
{
    public const int MaxLength = 1024;

    public static string Of(Exception error)
    {
        string text = MessageOf(error);
        int length = Math.Min(text.Length, MaxLength);
        if (length == text.Length && !HasUnsafe(text))
        {
            return text;
        }

        var builder = new StringBuilder(length);
        foreach (char c in text.AsSpan(0, length))
        {
            if (IsUnsafe(c))
            {
                builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                builder.Append(c);
            }

            if (builder.Length >= MaxLength)
            {
                builder.Length = MaxLength;
                break;
            }
        }

        return builder.ToString();
    }

    // An exception of the user's may override Message, and fail in it.
    private static string MessageOf(Exception error)
    {
        try
        {
            return error.Message ?? "";
        }
#pragma warning disable CA1031 // Whatever it throws, the failure that it describes must still be settled.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            return $"(its message could not be read: {thrown.GetType().FullName})";
        }
    }

    private static bool HasUnsafe(string text)
    {
        foreach (char c in text)
        {
            if (IsUnsafe(c))
            {
                return true;
            }
        }

        return false;
    }

    // Control characters forge log lines (CWE-117); format characters hold the bidirectional marks that hide text.
    private static bool IsUnsafe(char c) =>
        char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
