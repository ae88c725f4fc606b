using System.Buffers;
using System.Runtime.CompilerServices;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

/// <summary>Writes MessagePack; handed to an <see cref="IMessagePackFormatter{T}"/>.</summary>
/// <remarks>Format: https://github.com/msgpack/msgpack/blob/master/spec.md. Numbers and headers take their shortest form.</remarks>
public ref partial struct MessagePackWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly FormatterResolver _formatters;
    private readonly bool _canonical;
    private Span<byte> _span;
    private int _used;
    private int _depth;
    private int _elements;

    internal MessagePackWriter(IBufferWriter<byte> output, FormatterResolver formatters, bool canonical)
    {
        _output = output;
        _formatters = formatters;
        _canonical = canonical;
        _elements = formatters.MaxElements;
    }

    /// <summary>Whether sets and dictionaries are to be written in the order of their bytes.</summary>
    internal readonly bool IsCanonical => _canonical;

    /// <summary>Writes nil.</summary>
    public void WriteNil() => WriteByte(MessagePackCode.Nil);

    /// <summary>Writes a boolean.</summary>
    /// <param name="value">The value.</param>
    public void WriteBoolean(bool value) => WriteByte(value ? MessagePackCode.True : MessagePackCode.False);

    /// <summary>Writes the header of an array; its items follow.</summary>
    /// <param name="count">How many items follow, at least 0.</param>
    /// <exception cref="PayloadException">More items than <see cref="MessagePackOptions.MaxElements"/>.</exception>
    public void WriteArrayHeader(int count)
    {
        Charge(count);
        WriteHeader(count, MessagePackCode.FixArray, MessagePackCode.Array16);
    }

    /// <summary>Writes the header of a map; its entries follow, each a key and a value.</summary>
    /// <param name="count">How many entries follow, at least 0.</param>
    /// <exception cref="PayloadException">More keys and values than <see cref="MessagePackOptions.MaxElements"/>.</exception>
    public void WriteMapHeader(int count)
    {
        Charge(2L * count);
        WriteHeader(count, MessagePackCode.FixMap, MessagePackCode.Map16);
    }

    /// <summary>Writes a value of any type that TaskQ can write.</summary>
    /// <typeparam name="T">The type; it decides, not the type that the value has.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="PayloadException">The value can't be written.</exception>
    public void Write<T>(T value) => _formatters.Get<T>().Write(ref this, value);

    /// <summary>Hands what is written to the output.</summary>
    internal void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _span = default;
            _used = 0;
        }
    }

    /// <summary>Begins an array or a map whose header is written by the caller.</summary>
    internal void Enter()
    {
        if (++_depth > _formatters.MaxDepth)
        {
            throw new PayloadException(
                $"The value nests deeper than {_formatters.MaxDepth}; it may contain itself. MessagePackOptions.MaxDepth sets the limit.");
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    internal void Leave() => _depth--;

    /// <summary>Begins an object: a header that is ready, and how many elements it announces.</summary>
    internal void BeginObject(byte[] header, int elements)
    {
        Enter();
        Charge(elements);
        WriteRaw(header);
    }

    /// <summary>Writes bytes that are MessagePack already.</summary>
    internal void WriteRaw(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _used += bytes.Length;
    }

    /// <summary>Writes bytes that are MessagePack already; an overload that expression trees can call.</summary>
    internal void WriteRaw(byte[] bytes) => WriteRaw(bytes.AsSpan());

    /// <summary>A writer to a buffer aside, at the same depth and within the same limits.</summary>
    internal readonly MessagePackWriter Aside(IBufferWriter<byte> output) =>
        new(output, _formatters, _canonical) { _depth = _depth, _elements = _elements };

    /// <summary>Takes over how many elements a writer aside has used.</summary>
    internal void Absorb(scoped in MessagePackWriter aside) => _elements = aside._elements;

    private void WriteHeader(int count, byte fix, byte code16)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);

        // Not in one expression: reserving may flush, and then the old count would be added to.
        var span = Reserve(5);
        _used += PutHeader(span, count, fix, code16);
    }

    /// <summary>Puts the header of an array or a map.</summary>
    /// <returns>Its length.</returns>
    internal static int PutHeader(Span<byte> span, int count, byte fix, byte code16) => count switch
    {
        < 16 => PutCode(span, (byte)(fix | count)),
        <= ushort.MaxValue => PutLength16(span, code16, count),
        _ => PutLength32(span, (byte)(code16 + 1), count),
    };

    private void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _used++;
    }

    private void Charge(long elements)
    {
        if (elements > _elements)
        {
            throw new PayloadException(
                $"The value has more than {_formatters.MaxElements} elements. MessagePackOptions.MaxElements sets the limit.");
        }

        _elements -= (int)elements;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int size)
    {
        if (_span.Length - _used < size)
        {
            Grow(size);
        }

        return _span[_used..];
    }

    private void Grow(int size)
    {
        Flush();
        _span = _output.GetSpan(size);
    }
}
