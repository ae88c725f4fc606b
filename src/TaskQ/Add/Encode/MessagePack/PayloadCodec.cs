using System.Buffers;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>The readers and writers of a type of argument, made once. Nothing but <see cref="PayloadException"/> leaves them.</summary>
internal sealed class PayloadCodec<T>
{
    private readonly FormatterResolver _formatters;
    private readonly Formatter<T> _formatter;

    public PayloadCodec(FormatterResolver formatters)
    {
        _formatters = formatters;
        _formatter = formatters.Get<T>();
        Writer = Write;
        CanonicalWriter = WriteCanonical;
        Reader = Read;
    }

    public PayloadWriter<T> Writer { get; }

    public PayloadWriter<T> CanonicalWriter { get; }

    public PayloadReader<T> Reader { get; }

    private void Write(IBufferWriter<byte> output, T value)
    {
        try
        {
            var writer = new MessagePackWriter(output, _formatters, canonical: false);
            _formatter.Write(ref writer, value);
            writer.Flush();
        }
        catch (Exception exception) when (IsOthers(exception))
        {
            throw CannotWrite(exception);
        }
    }

    private void WriteCanonical(IBufferWriter<byte> output, T value)
    {
        try
        {
            var writer = new MessagePackWriter(output, _formatters, canonical: true);
            _formatter.Write(ref writer, value);
            writer.Flush();
        }
        catch (Exception exception) when (IsOthers(exception))
        {
            throw CannotWrite(exception);
        }
    }

    private T Read(ref ReadOnlyMemory<byte> payload)
    {
        try
        {
            var reader = new MessagePackReader(payload.Span, _formatters);
            var value = _formatter.Read(ref reader);
            payload = payload[reader.Position..];
            return value!;
        }
        catch (Exception exception) when (IsOthers(exception))
        {
            throw new PayloadException($"A value of {TypeNames.Of(typeof(T))} can't be read: {exception.Message}", exception);
        }
    }

    private static PayloadException CannotWrite(Exception exception) =>
        new($"A value of {TypeNames.Of(typeof(T))} can't be written: {exception.Message}", exception);

    // Getters, setters, constructors and formatters of users throw what they like.
    private static bool IsOthers(Exception exception) => exception is not (PayloadException or OutOfMemoryException);
}
