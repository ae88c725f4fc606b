using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TaskQ.Add;

/// <summary>Random bytes, drawn in blocks since each draw costs about as much as a thousand bytes. For one thread.</summary>
internal sealed class RandomBlock
{
    private readonly byte[] _bytes = new byte[2048];
    private int _used = int.MaxValue;

    public uint NextUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong NextUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_used > _bytes.Length - length)
        {
            RandomNumberGenerator.Fill(_bytes);
            _used = 0;
        }

        ReadOnlySpan<byte> taken = _bytes.AsSpan(_used, length);
        _used += length;
        return taken;
    }
}
