using System.Buffers;

namespace TaskQ;

/// <summary>Writes and reads arguments as MessagePack.</summary>
/// <remarks>Format: the MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md.</remarks>
public sealed class MessagePackSerializer : IPayloadSerializer
{
    /// <inheritdoc/>
    public void WriteCount(IBufferWriter<byte> output, int count) => throw new NotImplementedException();

    /// <inheritdoc/>
    public int ReadCount(ref ReadOnlyMemory<byte> payload) => throw new NotImplementedException();

    /// <inheritdoc/>
    public PayloadWriter<T> GetWriter<T>() => throw new NotImplementedException();

    /// <inheritdoc/>
    public PayloadReader<T> GetReader<T>() => throw new NotImplementedException();
}
