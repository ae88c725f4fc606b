using System.Buffers;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>One value to bytes and back.</summary>
internal static class SerializerExtensions
{
    public static byte[] Encode<T>(this MessagePackSerializer serializer, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        serializer.GetWriter<T>()(output, value);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] EncodeCanonical<T>(this MessagePackSerializer serializer, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        serializer.GetCanonicalWriter<T>()(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a value; all of the bytes must be used.</summary>
    public static T Decode<T>(this MessagePackSerializer serializer, byte[] bytes)
    {
        ReadOnlyMemory<byte> payload = bytes;
        var value = serializer.GetReader<T>()(ref payload);
        Assert.Equal(0, payload.Length);
        return value;
    }

    public static T Decode<T>(this MessagePackSerializer serializer, string hex) =>
        serializer.Decode<T>(Convert.FromHexString(hex));

    public static string Hex<T>(this MessagePackSerializer serializer, T value) =>
        Convert.ToHexStringLower(serializer.Encode(value));
}
