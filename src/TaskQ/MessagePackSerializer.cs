using System.Buffers;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

/// <summary>Writes and reads arguments as MessagePack.</summary>
/// <remarks>
/// Format: the MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md. Types without a
/// form of their own there are written as MessagePack-CSharp's contractless resolver writes them. No type names
/// are written or read.
/// </remarks>
public sealed class MessagePackSerializer : IPayloadSerializer
{
    private readonly FormatterResolver _formatters;

    /// <summary>Creates the serializer with default options.</summary>
    public MessagePackSerializer()
        : this(new MessagePackOptions())
    {
    }

    /// <summary>Creates the serializer.</summary>
    /// <param name="options">The limits and formatters; they are copied.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of its range; the message names all that are.</exception>
    public MessagePackSerializer(MessagePackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(nameof(options));
        _formatters = new FormatterResolver(options);
    }

    /// <inheritdoc/>
    public void WriteCount(IBufferWriter<byte> output, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var writer = new MessagePackWriter(output, _formatters, canonical: false);
        writer.WriteArrayHeader(count);
        writer.Flush();
    }

    /// <inheritdoc/>
    public int ReadCount(ref ReadOnlyMemory<byte> payload)
    {
        var reader = new MessagePackReader(payload.Span, _formatters);
        var count = reader.ReadArrayHeader();
        payload = payload[reader.Position..];
        return count;
    }

    /// <inheritdoc/>
    public PayloadWriter<T> GetWriter<T>() => _formatters.GetCodec<T>().Writer;

    /// <inheritdoc/>
    public PayloadReader<T> GetReader<T>() => _formatters.GetCodec<T>().Reader;

    /// <summary>A writer that gives equal dictionaries and sets the same bytes, whatever their order.</summary>
    /// <exception cref="PayloadException">The type can't be serialized.</exception>
    internal PayloadWriter<T> GetCanonicalWriter<T>() => _formatters.GetCodec<T>().CanonicalWriter;
}
