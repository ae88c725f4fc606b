using System.Buffers;
using TaskQ.Add;

namespace TaskQ.Registry;

/// <summary>Reads and writes the values of one parameter with a queue's serializer; its writers are resolved once.</summary>
internal sealed class ArgumentCodec<T>(IPayloadSerializer serializer) : ArgumentCodec
{
    private PayloadWriter<T>? _writer;
    private PayloadWriter<T>? _canonicalWriter;

    public override Type Type => typeof(T);

    public override Delegate GetReader() => serializer.GetReader<T>();

    public override void ResolveWriter() => _writer = serializer.GetWriter<T>();

    public override void WriteBoxed(IPayloadSerializer serializer, IBufferWriter<byte> output, object? value, bool canonical) =>
        Write(serializer, output, (T)value!, canonical);

    public void Write(IPayloadSerializer target, IBufferWriter<byte> output, T value, bool canonical)
    {
        PayloadWriter<T> writer = ReferenceEquals(target, serializer)
            ? canonical ? _canonicalWriter ??= CanonicalWriter.For<T>(target) : _writer ??= target.GetWriter<T>()
            : canonical ? CanonicalWriter.For<T>(target) : target.GetWriter<T>();
        writer(output, value);
    }
}
