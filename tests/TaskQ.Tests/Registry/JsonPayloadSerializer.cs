using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using System.Text.Json;

namespace TaskQ.Tests.Registry;

/// <summary>A small serializer: each argument is JSON behind its length. It notes for which types it was asked.</summary>
public sealed class JsonPayloadSerializer : IPayloadSerializer
{
    private readonly List<Type> _writers = [];
    private readonly List<Type> _readers = [];

    public IReadOnlyList<Type> Writers => _writers;

    public IReadOnlyList<Type> Readers => _readers;

    public void WriteCount(IBufferWriter<byte> output, int count) => WriteInt(output, count);

    public int ReadCount(ref ReadOnlyMemory<byte> payload) => ReadInt(ref payload);

    public PayloadWriter<T> GetWriter<T>()
    {
        Refuse(typeof(T));
        _writers.Add(typeof(T));
        return Write;
    }

    public PayloadReader<T> GetReader<T>()
    {
        Refuse(typeof(T));
        _readers.Add(typeof(T));
        return Read<T>;
    }

    private static void Write<T>(IBufferWriter<byte> output, T value)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value);
        WriteInt(output, json.Length);
        output.Write(json);
    }

    private static T Read<T>(ref ReadOnlyMemory<byte> payload)
    {
        int length = ReadInt(ref payload);
        ReadOnlyMemory<byte> json = payload[..length];
        payload = payload[length..];
        try
        {
            return JsonSerializer.Deserialize<T>(json.Span)!;
        }
        catch (JsonException exception)
        {
            throw new PayloadException($"The bytes are no {typeof(T).Name}.", exception);
        }
    }

    private static void Refuse(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type) || (type.IsInterface && !typeof(IEnumerable).IsAssignableFrom(type)))
        {
            throw new PayloadException($"{type.Name} can't be serialized.");
        }
    }

    private static void WriteInt(IBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    private static int ReadInt(ref ReadOnlyMemory<byte> payload)
    {
        int value = BinaryPrimitives.ReadInt32LittleEndian(payload.Span);
        payload = payload[4..];
        return value;
    }
}
