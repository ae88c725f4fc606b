using System.Diagnostics;
using System.Numerics;
using MpVectors;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class HostileInputTests
{
    private const int Million = 1_000_000;
    private const int AllowedBytes = 64 * 1024;

    private readonly MessagePackSerializer _serializer = new();

    [Theory]
    [InlineData("91")]
    [InlineData("dc0001")]
    [InlineData("dd00000001")]
    [InlineData("8101")]
    [InlineData("81")]
    [InlineData("de000101")]
    [InlineData("df0000000101")]
    public void Read_MillionNestedContainers_ThrowsWithoutStackOverflow(string header)
    {
        var payload = Enumerable.Repeat(Convert.FromHexString(header), Million).SelectMany(b => b).ToArray();

        // An unknown member, so that everything is skipped.
        var member = Convert.FromHexString("81a178").Concat(payload).ToArray();
        Exception? failure = null;
        var thread = new Thread(
            () => failure = Record.Exception(() =>
            {
                Refused<object>(payload);
                Refused<object[]>(payload);
                Refused<List<object>>(payload);
                Refused<Dictionary<object, object>>(payload);
                Refused<Person>(payload);
                Refused<Address>(member);
                Refused<DcOrder>([0x94, 0, 0xc0, 0xc2, .. payload]);
            }),
            maxStackSize: 512 * 1024);
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), "Reading did not end.");
        Assert.Null(failure);
    }

    [Fact]
    public void WriteAndRead_AtTheCeilingOfMaxDepth_FitsASmallStack()
    {
        var serializer = new MessagePackSerializer(new MessagePackOptions { MaxDepth = MessagePackDefaults.DepthCeiling });
        var person = new Person();
        for (var i = 1; i < MessagePackDefaults.DepthCeiling; i++)
        {
            person = new Person { Boss = person };
        }

        byte[] bytes = [];
        var thread = new Thread(
            () =>
            {
                bytes = serializer.Encode(person);
                serializer.Decode<Person>(bytes);
                serializer.Decode<object>(bytes);
                serializer.EncodeCanonical<object>(serializer.Decode<object>(bytes));
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        Assert.NotEmpty(bytes);
    }

    [Fact]
    public void Read_MillionNestedArrays_IsRefusedAtOnce()
    {
        var payload = Enumerable.Repeat((byte)0x91, Million).ToArray();
        Refused<object>(payload);
        var best = Enumerable.Range(0, 10).Min(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            Refused<object>(payload);
            return Stopwatch.GetElapsedTime(start);
        });
        Assert.True(best < TimeSpan.FromMilliseconds(5), $"It took {best}.");
    }

    [Theory]
    [InlineData("ddffffffff")]
    [InlineData("dfffffffff")]
    [InlineData("df80000000")]
    [InlineData("df7fffffff")]
    [InlineData("dbffffffff")]
    [InlineData("c6ffffffff")]
    [InlineData("c9ffffffff")]
    [InlineData("c9ffffffffff")]
    [InlineData("c97fffffffff")]
    [InlineData("dcffff")]
    [InlineData("deffff")]
    [InlineData("deffff01")]
    [InlineData("daffff")]
    [InlineData("c5ffff")]
    [InlineData("c8ffffff")]
    [InlineData("c1")]
    [InlineData("")]
    public void Read_HeaderThatClaimsMoreThanThereIs_ThrowsAndAllocatesLittle(string hex)
    {
        byte[] payload = [.. Convert.FromHexString(hex), 0];
        byte[] empty = hex.Length == 0 ? [] : payload;
        RefusedCheaply<object>(empty);
        RefusedCheaply<object[]>(empty);
        RefusedCheaply<int[]>(empty);
        RefusedCheaply<Guid[]>(empty);
        RefusedCheaply<List<string>>(empty);
        RefusedCheaply<Dictionary<int, int>>(empty);
        RefusedCheaply<Dictionary<string, object>>(empty);
        RefusedCheaply<string>(empty);
        RefusedCheaply<byte[]>(empty);
        RefusedCheaply<DateTime>(empty);
        RefusedCheaply<BigInteger>(empty);
        RefusedCheaply<Plain>(empty);
        RefusedCheaply<(int, string)>(empty);
        RefusedCheaply<Address>([0x81, 0xa1, 0x78, .. empty]);
    }

    [Theory]
    [InlineData("93ce7fffffffce7fffffff90")]
    [InlineData("93ce00010000ce0001000090")]
    [InlineData("93020290")]
    [InlineData("93ff0190")]
    [InlineData("93ffff9101")]
    [InlineData("930102930102")]
    [InlineData("9301029301020304")]
    [InlineData("930001910a")]
    [InlineData("93cf0000000100000001019101")]
    [InlineData("9401010102")]
    [InlineData("920101")]
    [InlineData("930101c0")]
    public void Read_MultidimensionalArrayWithLyingLengths_ThrowsAndAllocatesLittle(string hex) =>
        RefusedCheaply<int[,]>(Convert.FromHexString(hex));

    [Fact]
    public void Read_ThreeDimensionsWhoseProductOverflows_Throws() =>
        RefusedCheaply<int[,,]>(Convert.FromHexString("94ce40000000ce40000000109101"));

    [Theory]
    [InlineData("c70cff3b9aca000000000000000000", "nanoseconds of a whole second")]
    [InlineData("d7ffffffffff00000000", "nanoseconds of more than a second")]
    [InlineData("c70cff000000007fffffffffffffff", "seconds after year 9999")]
    [InlineData("c70cff000000008000000000000000", "seconds before year 1")]
    [InlineData("d4ff00", "one byte")]
    [InlineData("d8ff00000000000000000000000000000000", "16 bytes")]
    [InlineData("c700ff", "no bytes")]
    [InlineData("d60100000000", "another type of extension")]
    [InlineData("c9fffffff0ff00000000", "a length beyond the payload")]
    public void Read_BadTimestamp_Throws(string hex, string what)
    {
        var payload = Convert.FromHexString(hex);
        Assert.NotEmpty(what);
        RefusedCheaply<DateTime>(payload);
        RefusedCheaply<object>(payload);
    }

    [Theory]
    [InlineData(typeof(sbyte), "cc80")]
    [InlineData(typeof(byte), "cd0100")]
    [InlineData(typeof(byte), "ff")]
    [InlineData(typeof(short), "cd8000")]
    [InlineData(typeof(ushort), "ce00010000")]
    [InlineData(typeof(int), "ce80000000")]
    [InlineData(typeof(int), "d3ffffffff7fffffff")]
    [InlineData(typeof(uint), "ff")]
    [InlineData(typeof(uint), "cf0000000100000000")]
    [InlineData(typeof(long), "cf8000000000000000")]
    [InlineData(typeof(ulong), "d3ffffffffffffffff")]
    [InlineData(typeof(char), "ce00010000")]
    [InlineData(typeof(ByteEnum), "cd0100")]
    [InlineData(typeof(System.Text.Rune), "cdd800")]
    [InlineData(typeof(DateOnly), "ce0037b9db")]
    [InlineData(typeof(TimeOnly), "cf000000c92a69c000")]
    [InlineData(typeof(DateTimeOffset), "92d6ff00000000cd0349")]
    [InlineData(typeof(DateTimeOffset), "92c70cff00000000fffffff1886e090001")]
    [InlineData(typeof(Guid), "a0")]
    [InlineData(typeof(Int128), "c40100")]
    [InlineData(typeof(decimal), "a3312c30")]
    [InlineData(typeof(decimal), "a6317c65323030")]
    [InlineData(typeof(Version), "a161")]
    [InlineData(typeof(bool), "01")]
    [InlineData(typeof(double), "a131")]
    [InlineData(typeof(Dictionary<string, int>), "82a16101a16102")]
    [InlineData(typeof(Dictionary<string, int>), "81c001")]
    [InlineData(typeof(SortedDictionary<object, int>), "8280019001")]
    public void Read_ValueOutOfRange_Throws(Type type, string hex)
    {
        var read = typeof(HostileInputTests).GetMethod(nameof(Read), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        var payload = Convert.FromHexString(hex);
        Assert.Throws<PayloadException>(() => read.MakeGenericMethod(type)
            .Invoke(this, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [payload], null));
    }

    [Fact]
    public void Read_EachPrefixOfAPayload_Throws()
    {
        var plain = new Plain { Name = "n", Data = [1], Tags = ["t"], Counts = new() { ["c"] = 1 }, MaybeInt = 3, Key = Guid.NewGuid() };
        var payload = _serializer.Encode(plain);
        for (var length = 0; length < payload.Length; length++)
        {
            Refused<Plain>(payload[..length]);
            Refused<object>(payload[..length]);
        }
    }

    private void Refused<T>(byte[] payload)
    {
        // Not Assert.Throws: the time of the assertion would count.
        try
        {
            Read<T>(payload);
        }
        catch (PayloadException)
        {
            return;
        }

        Assert.Fail($"{typeof(T)} was read.");
    }

    private void RefusedCheaply<T>(byte[] payload)
    {
        Refused<T>(payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused<T>(payload);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllowedBytes, $"{typeof(T)} allocated {allocated} bytes.");
    }

    private T Read<T>(byte[] payload)
    {
        ReadOnlyMemory<byte> memory = payload;
        return _serializer.GetReader<T>()(ref memory);
    }
}
