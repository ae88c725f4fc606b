using System.Buffers.Binary;

namespace TaskQ.Add;

/// <summary>UUIDs of version 7 that only rise. For one thread.</summary>
/// <remarks>Layout: https://www.rfc-editor.org/rfc/rfc9562#section-5.7; order: section 6.2, method 2 (a random tail that grows by random steps).</remarks>
internal sealed class IdSequence
{
    private const int TailHighBits = 12;
    private const int TailLowBits = 62;
    private const ulong TailHighMask = (1UL << TailHighBits) - 1;
    private const ulong TailLowMask = (1UL << TailLowBits) - 1;
    private const ulong Version = 7UL << TailHighBits;
    private const ulong Variant = 2UL << TailLowBits;

    private readonly RandomBlock _random = new();
    private long _milliseconds = -1;
    private ulong _tailHigh;
    private ulong _tailLow;

    /// <param name="milliseconds">Unix time. One that is not later than the last counts as the last, so a clock that is set back changes no order.</param>
    public Guid Next(long milliseconds)
    {
        if (milliseconds > _milliseconds)
        {
            Restart(milliseconds);
        }
        else
        {
            Increment();
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)_milliseconds << 16) | Version | _tailHigh);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Variant | _tailLow);
        return new Guid(bytes, bigEndian: true);
    }

    private void Restart(long milliseconds)
    {
        _milliseconds = milliseconds;

        // The highest bit starts as 0, so that there is room to count.
        _tailHigh = _random.NextUInt32() & (TailHighMask >> 1);
        _tailLow = _random.NextUInt64() & TailLowMask;
    }

    private void Increment()
    {
        _tailLow += 1UL + _random.NextUInt32();
        if (_tailLow > TailLowMask)
        {
            _tailLow &= TailLowMask;
            _tailHigh++;
        }

        if (_tailHigh > TailHighMask)
        {
            Restart(_milliseconds + 1);
        }
    }
}
