using System.Buffers.Binary;
using TaskQ.Add;
using Xunit;

namespace TaskQ.Tests.Add;

public sealed class IdGeneratorTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, 891, TimeSpan.Zero);

    private readonly SetClock _clock = new() { Now = Start };

    [Fact]
    public void Next_Always_IsAUuidOfVersion7()
    {
        var ids = new IdGenerator(_clock);
        for (int i = 0; i < 10_000; i++)
        {
            Guid id = ids.Next();

            Assert.Equal(7, id.Version);
            Assert.InRange(id.Variant, 0x8, 0xB);
            Assert.Equal(Start.ToUnixTimeMilliseconds(), Timestamp(id));
        }
    }

    [Fact]
    public void Next_OneThreadOneMillisecond_Rises()
    {
        var ids = new IdGenerator(_clock);

        AssertRising(Make(ids, 100_000));
    }

    [Fact]
    public void Next_ClockRuns_CarriesItsMillisecondAndRises()
    {
        var ids = new IdGenerator(_clock);
        var made = new List<Guid>();
        for (int i = 0; i < 1000; i++)
        {
            made.AddRange(Make(ids, 3));
            Assert.Equal(_clock.Now.ToUnixTimeMilliseconds(), Timestamp(made[^1]));
            _clock.Now += TimeSpan.FromMilliseconds(1);
        }

        AssertRising(made);
    }

    [Fact]
    public void Next_ClockIsSetBack_RisesOn()
    {
        var ids = new IdGenerator(_clock);
        List<Guid> made = Make(ids, 10);
        _clock.Now -= TimeSpan.FromHours(1);
        made.AddRange(Make(ids, 10));
        Assert.Equal(Start.ToUnixTimeMilliseconds(), Timestamp(made[^1]));
        _clock.Now = Start.AddMilliseconds(1);
        made.AddRange(Make(ids, 10));
        Assert.Equal(Start.ToUnixTimeMilliseconds() + 1, Timestamp(made[^1]));

        AssertRising(made);
    }

    [Fact]
    public void Next_ClockBefore1970_StartsAtZero()
    {
        _clock.Now = DateTimeOffset.MinValue;

        Assert.Equal(0, Timestamp(new IdGenerator(_clock).Next()));
    }

    [Fact]
    public void Next_LatestTime_FitsTheTimestamp()
    {
        _clock.Now = DateTimeOffset.MaxValue;

        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), Timestamp(new IdGenerator(_clock).Next()));
    }

    [Fact]
    public void Next_EightThreads_MillionIdsAreUnique()
    {
        var ids = new IdGenerator(_clock);
        const int PerThread = 125_000;
        List<Guid>[] made = new List<Guid>[8];
        Thread[] threads = [.. Enumerable.Range(0, made.Length).Select(i => new Thread(() => made[i] = Make(ids, PerThread)))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            Assert.True(thread.Join(TimeSpan.FromMinutes(1)));
        }

        Assert.All(made, AssertRising);
        Assert.Equal(made.Length * PerThread, made.SelectMany(list => list).Distinct().Count());
    }

    [Fact]
    public void Next_TwoGenerators_ShareNoRandomness()
    {
        Guid[] firsts = [.. Enumerable.Range(0, 1000).Select(_ => new IdGenerator(_clock).Next())];

        Assert.Equal(firsts.Length, firsts.Distinct().Count());
    }

    [Fact]
    public void Next_ManyFirstIds_UseEveryRandomBitButTheHighest()
    {
        ulong or = 0;
        ulong and = ulong.MaxValue;
        ulong orHigh = 0;
        for (int i = 0; i < 200; i++)
        {
            (ulong high, ulong low) = Halves(new IdGenerator(_clock).Next());
            or |= low;
            and &= low;
            orHigh |= high & 0xFFF;
        }

        // Two bits of variant are fixed; the highest random bit starts as 0, to leave room to count.
        Assert.Equal(0xBFFF_FFFF_FFFF_FFFFUL, or);
        Assert.Equal(0x8000_0000_0000_0000UL, and);
        Assert.Equal(0x7FFUL, orHigh);
    }

    private static List<Guid> Make(IdGenerator ids, int count)
    {
        var made = new List<Guid>(count);
        for (int i = 0; i < count; i++)
        {
            made.Add(ids.Next());
        }

        return made;
    }

    /// <summary>In the order of Guid, and in the order of its bytes and text, which stores use.</summary>
    private static void AssertRising(IReadOnlyList<Guid> made)
    {
        for (int i = 1; i < made.Count; i++)
        {
            if (made[i].CompareTo(made[i - 1]) <= 0 || Halves(made[i]).CompareTo(Halves(made[i - 1])) <= 0)
            {
                Assert.Fail($"{made[i]} follows {made[i - 1]} at {i}.");
            }
        }
    }

    private static long Timestamp(Guid id) => (long)(Halves(id).High >> 16);

    private static (ulong High, ulong Low) Halves(Guid id)
    {
        byte[] bytes = id.ToByteArray(bigEndian: true);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8)));
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
