using System.Buffers;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Gives exactly what is asked for, in a new array each time.</summary>
internal sealed class ExactBufferWriter : IBufferWriter<byte>
{
    private byte[] _current = [];

    public List<byte> Written { get; } = [];

    public void Advance(int count) => Written.AddRange(_current.AsSpan(0, count));

    public Memory<byte> GetMemory(int sizeHint = 0) => _current = new byte[Math.Max(1, sizeHint)];

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
