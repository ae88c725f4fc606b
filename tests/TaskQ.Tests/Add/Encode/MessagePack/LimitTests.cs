using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class LimitTests
{
    [Fact]
    public void Options_Defaults_AreThoseOfTheDocumentation()
    {
        var options = new MessagePackOptions();
        Assert.Equal((64, 1024 * 1024, 64 * 1024, 1_000_000),
            (options.MaxDepth, options.MaxStringLength, options.MaxExtensionLength, options.MaxElements));
    }

    [Fact]
    public void Constructor_OptionsOutOfRange_NamesAllOfThem()
    {
        var options = new MessagePackOptions { MaxDepth = 257, MaxStringLength = 0, MaxExtensionLength = 11, MaxElements = -1 };
        var exception = Assert.Throws<ArgumentException>(() => new MessagePackSerializer(options));
        foreach (var name in new[] { "MaxDepth", "MaxStringLength", "MaxExtensionLength", "MaxElements" })
        {
            Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void MaxDepth_AtTheLimit_WorksAndOneMoreDoesNot()
    {
        var serializer = new MessagePackSerializer(new MessagePackOptions { MaxDepth = 3 });
        Assert.Equal("919190", serializer.Hex<object>(new object[] { new object[] { Array.Empty<object>() } }));
        Assert.NotNull(serializer.Decode<object>("919190"));
        Assert.Throws<PayloadException>(() => serializer.Encode<object>(new object[] { new object[] { new object[] { Array.Empty<object>() } } }));
        Assert.Throws<PayloadException>(() => serializer.Decode<object>("91919190"));
        Assert.NotNull(serializer.Decode<MpVectors.Empty>("81a178919101"));
        Assert.Throws<PayloadException>(() => serializer.Decode<MpVectors.Empty>("81a17891919101"));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300)]
    public void MaxStringLength_AtTheLimit_WorksAndOneMoreDoesNot(int limit)
    {
        var serializer = new MessagePackSerializer(new MessagePackOptions { MaxStringLength = limit });
        var text = new string('\u00e9', limit / 2);
        Assert.Equal(text, serializer.Decode<string>(serializer.Encode(text)));
        Assert.Throws<PayloadException>(() => serializer.Encode(text + "x"));
        Assert.Throws<PayloadException>(() => serializer.Decode<string>(new MessagePackSerializer().Encode(text + "x")));
    }

    [Fact]
    public void MaxElements_AtTheLimit_WorksAndOneMoreDoesNot()
    {
        var serializer = new MessagePackSerializer(new MessagePackOptions { MaxElements = 6 });
        int[][] fits = [[1, 2], [3, 4]];
        int[][] tooMany = [[1, 2], [3, 4, 5]];
        Assert.Equal(fits, serializer.Decode<int[][]>(serializer.Encode(fits)));
        Assert.Throws<PayloadException>(() => serializer.Encode(tooMany));
        Assert.Throws<PayloadException>(() => serializer.Decode<int[][]>(new MessagePackSerializer().Encode(tooMany)));
    }

    [Fact]
    public void WriteCount_AndReadCount_LeaveTheArguments()
    {
        var serializer = new MessagePackSerializer();
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        serializer.WriteCount(output, 2);
        serializer.GetWriter<string>()(output, "a");
        serializer.GetWriter<int>()(output, 5);
        var payload = output.WrittenMemory;
        Assert.Equal(2, serializer.ReadCount(ref payload));
        Assert.Equal("a", serializer.GetReader<string>()(ref payload));
        Assert.Equal(5, serializer.GetReader<int>()(ref payload));
        Assert.Equal(0, payload.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("c0")]
    [InlineData("92")]
    [InlineData("9201")]
    [InlineData("ddffffffff")]
    public void ReadCount_NoPayload_Throws(string hex)
    {
        ReadOnlyMemory<byte> payload = Convert.FromHexString(hex);
        Assert.Throws<PayloadException>(() => new MessagePackSerializer().ReadCount(ref payload));
    }

    [Fact]
    public void Write_ToABufferThatGivesLittleAtATime_WritesAll()
    {
        var serializer = new MessagePackSerializer();
        var value = Enumerable.Range(0, 1000).ToDictionary(i => $"key {i}", i => new string('x', i));
        var output = new ExactBufferWriter();
        serializer.GetWriter<Dictionary<string, string>>()(output, value);
        Assert.Equal(serializer.Encode(value), output.Written);
    }
}
