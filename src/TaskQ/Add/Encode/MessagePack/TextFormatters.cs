using System.Buffers.Text;
using System.Text;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Strings, and what is written as one.</summary>
internal static class TextFormatters
{
    private const int GuidLength = 36;

    public static void AddTo(LeafTable table)
    {
        table.AddClass<string>(static (ref w, v) => w.WriteString(v), static (ref r) => Encoding.UTF8.GetString(r.ReadUtf8()));
        table.AddClass<StringBuilder>(WriteStringBuilder, static (ref r) => new StringBuilder(r.ReadString()));
        table.AddClass<Uri>(static (ref w, v) => w.WriteString(v.OriginalString), ReadUri);
        table.AddClass<Version>(static (ref w, v) => w.WriteString(v.ToString()), ReadVersion);
        table.Add<Guid>(WriteGuid, ReadGuid);
    }

    private static void WriteStringBuilder(ref MessagePackWriter writer, StringBuilder value) =>
        writer.WriteString(value.ToString());

    private static Uri ReadUri(ref MessagePackReader reader) =>
        Uri.TryCreate(reader.ReadString(), UriKind.RelativeOrAbsolute, out var value)
            ? value
            : throw reader.Error("the string is no URI.");

    private static Version ReadVersion(ref MessagePackReader reader) =>
        Version.TryParse(reader.ReadString(), out var value) ? value : throw reader.Error("the string is no version.");

    private static void WriteGuid(ref MessagePackWriter writer, Guid value)
    {
        Span<char> text = stackalloc char[GuidLength];
        value.TryFormat(text, out _);
        writer.WriteString(text);
    }

    private static Guid ReadGuid(ref MessagePackReader reader)
    {
        var text = reader.ReadUtf8();
        return text.Length == GuidLength && Utf8Parser.TryParse(text, out Guid value, out var used, 'D') && used == GuidLength
            ? value
            : throw reader.Error("the string is no GUID of 36 characters.");
    }
}
