using System.Buffers.Binary;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Store;

namespace TaskQ.Redis.Coordinate;

/// <summary>What the scripts take as one argument: records of a fixed length, one after the other. Numbers are big-endian.</summary>
internal static class ClaimBytes
{
    private const int IdLength = 16;
    private const int ClaimLength = (2 * IdLength) + 9;
    private const int EndedLength = (2 * IdLength) + 9;
    private const int LeaseLength = IdLength + 8;

    /// <summary>Id, name, flags, window.</summary>
    public static byte[] Of(ReadOnlySpan<NameClaim> claims)
    {
        var bytes = new byte[claims.Length * ClaimLength];
        for (int i = 0; i < claims.Length; i++)
        {
            Span<byte> claim = bytes.AsSpan(i * ClaimLength, ClaimLength);
            Write(claim, claims[i].Id);
            BinaryPrimitives.WriteUInt128BigEndian(claim[IdLength..], claims[i].Name.Key);
            claim[2 * IdLength] = claims[i].Name.UntilFinished ? (byte)1 : (byte)0;
            BinaryPrimitives.WriteDoubleBigEndian(claim[((2 * IdLength) + 1)..], StoreTime.FromSpan(claims[i].Name.Window));
        }

        return bytes;
    }

    /// <summary>Lease, id, '1' for what is finished, and how long its name is kept, -1 to leave that as it is.</summary>
    public static byte[] Of(ReadOnlySpan<EndedMessage> ended)
    {
        var bytes = new byte[ended.Length * EndedLength];
        for (int i = 0; i < ended.Length; i++)
        {
            Span<byte> message = bytes.AsSpan(i * EndedLength, EndedLength);
            Write(message, ended[i].LeaseId);
            Write(message[IdLength..], ended[i].Id);
            message[2 * IdLength] = ended[i].IsFinished ? (byte)'1' : (byte)'0';
            BinaryPrimitives.WriteDoubleBigEndian(
                message[((2 * IdLength) + 1)..], ended[i].Patience is { } patience ? StoreTime.FromSpan(patience) : -1);
        }

        return bytes;
    }

    /// <summary>Lease and duration.</summary>
    public static byte[] Of(ReadOnlySpan<Lease> leases)
    {
        var bytes = new byte[leases.Length * LeaseLength];
        for (int i = 0; i < leases.Length; i++)
        {
            Span<byte> lease = bytes.AsSpan(i * LeaseLength, LeaseLength);
            Write(lease, leases[i].Id);
            BinaryPrimitives.WriteDoubleBigEndian(lease[IdLength..], StoreTime.FromSpan(leases[i].Duration));
        }

        return bytes;
    }

    public static byte[] Of(ReadOnlySpan<Guid> ids)
    {
        var bytes = new byte[ids.Length * IdLength];
        for (int i = 0; i < ids.Length; i++)
        {
            Write(bytes.AsSpan(i * IdLength), ids[i]);
        }

        return bytes;
    }

    public static byte[] Of(UInt128 name)
    {
        var bytes = new byte[IdLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, name);
        return bytes;
    }

    public static KeyValuePair<Guid, Guid>[] ReadPairs(ReadOnlySpan<byte> bytes)
    {
        Guid[] ids = ReadIds(bytes);
        var pairs = new KeyValuePair<Guid, Guid>[ids.Length / 2];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new KeyValuePair<Guid, Guid>(ids[2 * i], ids[(2 * i) + 1]);
        }

        return pairs;
    }

    public static Guid[] ReadIds(ReadOnlySpan<byte> bytes)
    {
        var ids = new Guid[bytes.Length / IdLength];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = IdBytes.Read(bytes.Slice(i * IdLength, IdLength));
        }

        return ids;
    }

    /// <summary>Id, and '1' for a name that is confirmed.</summary>
    public static void ReadHolders(ReadOnlySpan<byte> bytes, Span<NameHolder> holders)
    {
        for (int i = 0; i < holders.Length; i++)
        {
            ReadOnlySpan<byte> holder = bytes.Slice(i * (IdLength + 1), IdLength + 1);
            holders[i] = new NameHolder(IdBytes.Read(holder[..IdLength]), holder[IdLength] == (byte)'1');
        }
    }

    private static void Write(Span<byte> bytes, Guid id) => id.TryWriteBytes(bytes, bigEndian: true, out _);
}
