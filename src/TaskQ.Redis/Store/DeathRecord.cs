using System.Buffers.Binary;
using System.Text;
using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>
/// Why a message is dead: 4 bytes attempts, then reason, type and message of the error, each with 4 bytes of length, which
/// is -1 for null. A companion's script writes more behind it.
/// </summary>
internal static class DeathRecord
{
    public static byte[] Write(Death death)
    {
        int length = 4 + Size(death.Reason) + Size(death.ErrorType) + Size(death.ErrorMessage);
        var bytes = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, death.Attempts);
        int at = 4;
        WriteText(bytes, ref at, death.Reason);
        WriteText(bytes, ref at, death.ErrorType);
        WriteText(bytes, ref at, death.ErrorMessage);
        return bytes;
    }

    public static Death Read(byte[] stored)
    {
        int attempts = BinaryPrimitives.ReadInt32BigEndian(stored);
        int at = 4;
        string reason = ReadText(stored, ref at) ?? "";
        string? type = ReadText(stored, ref at);
        string? message = ReadText(stored, ref at);
        return new Death(reason, type, message, attempts);
    }

    private static int Size(string? text) => 4 + (text is null ? 0 : Encoding.UTF8.GetByteCount(text));

    private static void WriteText(byte[] bytes, ref int at, string? text)
    {
        int length = text is null ? -1 : Encoding.UTF8.GetBytes(text, bytes.AsSpan(at + 4));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), length);
        at += 4 + Math.Max(0, length);
    }

    private static string? ReadText(byte[] bytes, ref int at)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
        at += 4;
        if (length < 0)
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(bytes, at, length);
        at += length;
        return text;
    }
}
