using System.Buffers;
using TaskQ.Add.Encode;
using TaskQ.Registry;
using TaskQ.Tests.Add;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class EncodedArgumentsTests
{
    // "ab", 5, "c"
    private static readonly byte[] Payload = [0xA2, 0x61, 0x62, 0x05, 0xA1, 0x63];

    private readonly EncodedArguments _arguments = new(new TestSerializer(), Payload, 3);

    [Fact]
    public void Item_EachIndexInAnyOrder_IsDecoded()
    {
        Assert.Equal("c", _arguments[2]);
        Assert.Equal("ab", _arguments[0]);
        Assert.Equal(5L, _arguments[1]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Item_OutOfRange_Throws(int index) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _arguments[index]);

    [Fact]
    public void Item_BytesAreMissing_IsAPayloadException() =>
        Assert.Throws<PayloadException>(() => new EncodedArguments(new TestSerializer(), Payload, 4)[3]);

    [Fact]
    public void Write_SameSerializer_CopiesTheBytes()
    {
        using var output = new PooledBufferWriter();

        _arguments.Write(new TestSerializer(), output);

        Assert.Equal([0x93, .. Payload], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Write_AnotherSerializer_WritesTheValues()
    {
        using var output = new PooledBufferWriter();

        _arguments.Write(new TextSerializer(), output);

        Assert.Equal("3;ab;5;c;", System.Text.Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private sealed class TextSerializer : IPayloadSerializer
    {
        public void WriteCount(IBufferWriter<byte> output, int count) => Write(output, count);

        public int ReadCount(ref ReadOnlyMemory<byte> payload) => throw new NotSupportedException();

        public PayloadWriter<T> GetWriter<T>() => static (output, value) => Write(output, value);

        public PayloadReader<T> GetReader<T>() => throw new NotSupportedException();

        private static void Write(IBufferWriter<byte> output, object? value) =>
            output.Write(System.Text.Encoding.UTF8.GetBytes($"{value};"));
    }
}
