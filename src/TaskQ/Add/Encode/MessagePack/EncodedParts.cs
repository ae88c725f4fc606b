using System.Text;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>What is the same in every value of a type, encoded once.</summary>
internal static class EncodedParts
{
    private const int MaxHeader = 5;

    public static byte[] ArrayHeader(int count)
    {
        var bytes = new byte[MaxHeader];
        return bytes[..MessagePackWriter.PutHeader(bytes, count, MessagePackCode.FixArray, MessagePackCode.Array16)];
    }

    public static byte[] MapHeader(int count)
    {
        var bytes = new byte[MaxHeader];
        return bytes[..MessagePackWriter.PutHeader(bytes, count, MessagePackCode.FixMap, MessagePackCode.Map16)];
    }

    /// <summary>The name of a member, as a key of a map.</summary>
    public static byte[] Name(string name)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var header = new byte[MaxHeader];
        return [.. header[..MessagePackWriter.PutStringHeader(header, text.Length)], .. text];
    }
}
