using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

/// <summary>Keys that all have the same default hash code, or the same bucket: a plain dictionary needs minutes for them.</summary>
public sealed class KeyFloodTests
{
    private const int Count = 100_000;

    // Quadratic time would be a hundred times this; linear time is a tenth of it on a busy machine.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private readonly MessagePackSerializer _serializer = new();

    [Fact]
    public void Read_CollidingIntKeys_IsFast()
    {
        // All multiples of a prime near the bucket count that a dictionary of this size takes.
        Flood(i => i * 20_023);
        Flood(i => i << 14);
    }

    [Fact]
    public void Read_CollidingLongKeys_IsFast() => Flood(i => ((long)i << 32) | (uint)i, i => i.GetHashCode());

    [Fact]
    public void Read_CollidingUnsignedKeys_IsFast() => Flood(i => ((ulong)i << 32) | (uint)i, i => i.GetHashCode());

    [Fact]
    public void Read_CollidingTimeKeys_IsFast()
    {
        Flood(i => new DateTime(((long)i << 32) | (uint)i, DateTimeKind.Utc), i => i.GetHashCode());
        Flood(i => new TimeSpan(((long)i << 32) | (uint)i), i => i.GetHashCode());
    }

    [Fact]
    public void Read_CollidingGuidKeys_IsFast() =>
        Flood(i => Unsafe.BitCast<(int, int, int, int), Guid>((i, i, 7, 7)), i => i.GetHashCode());

    [Fact]
    public void Read_CollidingDoubleKeys_IsFast() =>
        Flood(i => BitConverter.Int64BitsToDouble(((long)(i + 1) << 32) | (uint)(i + 1)), i => i.GetHashCode());

    [Fact]
    public void Read_CollidingEnumKeys_IsFast() => Flood(i => (MpVectors.LongEnum)(((long)i << 32) | (uint)i));

    [Fact]
    public void Read_CollidingTupleKeys_IsFast() => Flood(i => (((long)i << 32) | (uint)i, 1), i => i.GetHashCode());

    [Fact]
    public void Read_CollidingKeysInASetOrAsObject_IsFast()
    {
        var bytes = _serializer.Encode(Enumerable.Range(0, Count).Select(i => ((long)i << 32) | (uint)i).ToArray());
        Fast(() => Assert.Equal(Count, _serializer.Decode<HashSet<long>>(bytes).Count));
        Fast(() => Assert.Equal(Count, _serializer.Decode<System.Collections.Immutable.ImmutableHashSet<long>>(bytes).Count));
        var map = Map(i => ((long)i << 32) | (uint)i);
        Fast(() => Assert.Equal(Count, ((Dictionary<object, object>)_serializer.Decode<object>(map)).Count));
        Fast(() => Assert.Equal(Count, _serializer.Decode<System.Collections.Concurrent.ConcurrentDictionary<long, int>>(map).Count));
        Fast(() => Assert.Equal(Count, _serializer.Decode<System.Collections.Frozen.FrozenDictionary<long, int>>(map).Count));
    }

    [Fact]
    public void Read_UsersKeysThatAllCollide_Throws()
    {
        var bytes = Map(i => new Collider(i));
        Fast(() => Assert.Contains(
            "same hash code",
            Assert.Throws<PayloadException>(() => _serializer.Decode<Dictionary<Collider, int>>(bytes)).Message,
            StringComparison.Ordinal));
    }

    [Fact]
    public void Read_CollidingKeysForAUsersDictionary_ThrowsAndOthersAreRead()
    {
        var sameHash = Map(i => ((long)i << 32) | (uint)i);
        Fast(() => Assert.Throws<PayloadException>(() => _serializer.Decode<LongMap>(sameHash)));
        var sameBucket = Map(i => 156_437L * i);
        Fast(() => Assert.Throws<PayloadException>(() => _serializer.Decode<LongMap>(sameBucket)));
        var good = Map(i => (long)i * 3);
        Fast(() => Assert.Equal(Count, _serializer.Decode<LongMap>(good).Count));
    }

    [Fact]
    public void Read_UsersKeysThatDiffer_AreRead()
    {
        var bytes = Map(i => new Named($"name {i}", i));
        Fast(() => Assert.Equal(Count, _serializer.Decode<Dictionary<Named, int>>(bytes).Count));
    }

    [Fact]
    public void Read_KeysThatAreEqualButNotTheSameBits_AreFoundAgain()
    {
        var decimals = _serializer.Decode<Dictionary<decimal, int>>(_serializer.Encode(new Dictionary<decimal, int> { [1.50m] = 1, [0m] = 2 }));
        Assert.Equal(1, decimals[1.5m]);
        Assert.Equal(2, decimals[-0.00m]);
        var doubles = _serializer.Decode<Dictionary<double, int>>(_serializer.Encode(new Dictionary<double, int> { [0.0] = 1, [double.NaN] = 2 }));
        Assert.Equal(1, doubles[-0.0]);
        Assert.Equal(2, doubles[-double.NaN]);
        var now = new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.FromHours(2));
        var times = _serializer.Decode<Dictionary<DateTimeOffset, int>>(_serializer.Encode(new Dictionary<DateTimeOffset, int> { [now] = 1 }));
        Assert.Equal(1, times[now.ToUniversalTime()]);
        var objects = _serializer.Decode<Dictionary<object, int>>(_serializer.Encode(new Dictionary<object, int> { [(long)5] = 1, ["s"] = 2, [0.0] = 3 }));
        Assert.Equal((1, 2, 3), (objects[5L], objects["s"], objects[-0.0]));
        var tuples = _serializer.Decode<Dictionary<(decimal, string), int>>(_serializer.Encode(new Dictionary<(decimal, string), int> { [(2.0m, "a")] = 1 }));
        Assert.Equal(1, tuples[(2.00m, "a")]);
    }

    private void Flood<TKey>(Func<int, TKey> key, Func<TKey, int>? hash = null)
        where TKey : notnull
    {
        // The input is as bad as it claims to be.
        Assert.True(hash is null || Enumerable.Range(1, 1000).Select(i => hash(key(i))).Distinct().Count() == 1, "The keys don't collide.");
        var bytes = Map(key);
        Fast(() => Assert.Equal(Count, _serializer.Decode<Dictionary<TKey, int>>(bytes).Count));
    }

    private byte[] Map<TKey>(Func<int, TKey> key)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write<byte>([0xdf]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), Count);
        output.Advance(4);
        var keys = _serializer.GetWriter<TKey>();
        var values = _serializer.GetWriter<int>();
        for (var i = 0; i < Count; i++)
        {
            keys(output, key(i));
            values(output, 1);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Fast(Action read)
    {
        // A busy machine may hold up one reading, but hardly each of them.
        var best = TimeSpan.MaxValue;
        for (var n = 0; n < 4 && best >= Bound; n++)
        {
            var start = Stopwatch.GetTimestamp();
            read();
            var elapsed = Stopwatch.GetElapsedTime(start);
            best = elapsed < best ? elapsed : best;
        }

        Assert.True(best < Bound, $"Reading took {best}.");
    }

    public sealed class LongMap : Dictionary<long, int>;

    public sealed record Named(string Name, int Number);

    public sealed record Collider(int Number)
    {
        public bool Equals(Collider? other) => other?.Number == Number;

        public override int GetHashCode() => 1;
    }
}
