using System.Buffers.Binary;
using TaskQ.Add.Encode;
using TaskQ.Add.Encode.Snappy;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

/// <summary>What is no frame, or one that breaks a limit.</summary>
public sealed class FrameRefusalTests
{
    private const string Id = "C410" + "00112233445566778899AABBCCDDEEFF";

    private readonly QueueOptions _options = TestMessages.Options();

    [Theory]
    [InlineData("")]
    [InlineData("54")]
    [InlineData("5451")]
    [InlineData("545101")] // no flags
    [InlineData("54510100")] // no length
    [InlineData("5451010080")] // length cut off
    [InlineData("54510100FFFFFFFF1F")] // beyond 32 bits
    [InlineData("5451010080 00")] // longer than needed
    [InlineData("5451010000")] // empty body
    [InlineData("5451010005 C0")] // shorter than declared
    [InlineData("5451010001 C0C0")] // longer than declared
    [InlineData("5451000001 C0")] // no version has the number 0
    [InlineData("5151010001 C0")]
    [InlineData("5454010001 C0")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF")]
    public void Decode_NoFrame_IsAPayloadException(string frame) =>
        Assert.Throws<PayloadException>(() => Decode(frame));

    [Theory]
    [InlineData("545102", 2)]
    [InlineData("5451FF00FFFFFFFFFF", 255)]
    [InlineData("5451010201C0", 1)]
    [InlineData("5451018301C0", 1)]
    public void Decode_LaterVersionOrFlag_IsGivenBack(string frame, int version) =>
        Assert.Equal(version, Assert.Throws<UnknownFrameVersionException>(() => Decode(frame)).Version);

    [Theory]
    [InlineData(Id + "A161" + "00" + "C0" + "C0" + "90")] // this one is right; the next ones are not
    [InlineData("C0" + "A161" + "00" + "C0" + "C0" + "90", "binary id")]
    [InlineData("C40F" + "00112233445566778899AABBCCDDEE" + "A161" + "00" + "C0" + "C0" + "90", "15 bytes")]
    [InlineData(Id + "C0" + "00" + "C0" + "C0" + "90", "string")]
    [InlineData(Id + "A0" + "00" + "C0" + "C0" + "90", "task name")]
    [InlineData(Id + "A1FF" + "00" + "C0" + "C0" + "90", "UTF-8")]
    [InlineData(Id + "DBFFFFFFFF" + "00" + "C0" + "C0" + "90", "ends")]
    [InlineData(Id + "A161" + "C0" + "C0" + "C0" + "90", "number")]
    [InlineData(Id + "A161" + "CFFFFFFFFFFFFFFFFF" + "C0" + "C0" + "90", "out of range")]
    [InlineData(Id + "A161" + "D37FFFFFFFFFFFFFFF" + "C0" + "C0" + "90", "years")]
    [InlineData(Id + "A161" + "D38000000000000000" + "C0" + "C0" + "90", "years")]
    [InlineData(Id + "A161" + "00" + "A0" + "C0" + "90", "message name")]
    [InlineData(Id + "A161" + "00" + "01" + "C0" + "90", "string")]
    [InlineData(Id + "A161" + "00" + "C0" + "90" + "90", "map")]
    [InlineData(Id + "A161" + "00" + "C0" + "81A16B" + "90", "string")]
    [InlineData(Id + "A161" + "00" + "C0" + "81A16BC0" + "90", "string")]
    [InlineData(Id + "A161" + "00" + "C0" + "DE0401" + "90", "1025 headers")]
    [InlineData(Id + "A161" + "00" + "C0" + "DFFFFFFFFF" + "90", "4294967295 headers")]
    [InlineData(Id + "A161" + "00" + "C0" + "8F" + "A0A0A0A0", "15 headers")]
    [InlineData(Id + "A161" + "00" + "C0" + "C0", "array")]
    [InlineData(Id + "A161" + "00" + "C0" + "C0" + "C0", "array")]
    [InlineData(Id + "A161" + "00" + "C0" + "C0" + "9201", "2 arguments")]
    [InlineData(Id + "A161" + "00", "ends")]
    [InlineData(Id, "ends")]
    public void Decode_MalformedBody_SaysWhatIsWrong(string body, string? expected = null)
    {
        byte[] bytes = Convert.FromHexString(body);
        byte[] frame = FrameHeader.CreateFrame(0, bytes.Length, bytes);
        if (expected is null)
        {
            Assert.Equal("a", new FrameCodec(_options).Decode(frame).TaskName);
            return;
        }

        string error = Assert.Throws<PayloadException>(() => new FrameCodec(_options).Decode(frame)).Message;
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CC05", 5)]
    [InlineData("CD0100", 256)]
    [InlineData("CE00010000", 65536)]
    [InlineData("CF0000000100000000", 1L << 32)]
    [InlineData("FF", -1)]
    [InlineData("D080", -128)]
    [InlineData("D1FF00", -256)]
    [InlineData("D2FFFF0000", -65536)]
    public void Decode_EveryFormOfNumber_IsRead(string number, long ticks)
    {
        byte[] body = Convert.FromHexString(Id + "A161" + number + "C0" + "C0" + "90");

        TaskMessage message = new FrameCodec(_options).Decode(FrameHeader.CreateFrame(0, body.Length, body));

        Assert.Equal(DateTimeOffset.UnixEpoch.AddTicks(ticks), message.EnqueuedAt);
    }

    [Fact]
    public void Decode_TwoHeadersOfOneName_TheLastCounts()
    {
        byte[] body = Convert.FromHexString(Id + "A161" + "00" + "C0" + "82" + "A16BA131" + "A16BA132" + "90");

        TaskMessage message = new FrameCodec(_options).Decode(FrameHeader.CreateFrame(0, body.Length, body));

        Assert.Equal("2", Assert.Single(message.Headers).Value);
    }

    [Fact]
    public void Decode_DeclaredLengthBeyondTheLimit_AllocatesNothingForIt()
    {
        byte[] frame = new byte[64 * 1024];
        "TQ"u8.CopyTo(frame);
        frame[2] = FrameFormat.Version;
        frame[3] = FrameFormat.Compressed;
        Varint.Write(frame.AsSpan(4), (uint)_options.MaxMessageSize);

        string error = Assert.Throws<PayloadException>(() => new FrameCodec(_options).Decode(frame)).Message;

        Assert.Contains($"{_options.MaxMessageSize} bytes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_RatioAboveAHundred_IsRefusedBeforeDecompressing()
    {
        byte[] frame = new byte[4 + 3 + 100];
        "TQ"u8.CopyTo(frame);
        frame[2] = FrameFormat.Version;
        frame[3] = FrameFormat.Compressed;

        // Ten thousand from a hundred bytes is allowed, and fails later; one more is not.
        Varint.Write(frame.AsSpan(4), 16_384);
        Assert.Contains("100 : 1", Assert.Throws<PayloadException>(() => new FrameCodec(_options).Decode(frame)).Message, StringComparison.Ordinal);
        byte[] shorter = frame[..(4 + 2 + 100)];
        Varint.Write(shorter.AsSpan(4), 10_000);
        Assert.Contains("Snappy", Assert.Throws<PayloadException>(() => new FrameCodec(_options).Decode(shorter)).Message, StringComparison.Ordinal);
        Varint.Write(shorter.AsSpan(4), 10_001);
        Assert.Contains("100 : 1", Assert.Throws<PayloadException>(() => new FrameCodec(_options).Decode(shorter)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_LargeCompressedBodyThatEndsWrong_MakesNoObjectsOfIt()
    {
        // A megabyte of headers that compress well, then no payload.
        TaskMessage message = TestMessages.Create("t");
        for (int i = 0; i < 1000; i++)
        {
            message.WithHeader($"{i}", new string('x', 1000));
        }

        _options.CompressionThreshold = int.MaxValue;
        byte[] plain = new FrameCodec(_options).Encode(message.Added());
        byte[] body = plain[FrameHeader.Parse(plain, int.MaxValue).Length..^1];
        byte[] block = new byte[SnappyEncoder.MaxEncodedLength(body.Length)];
        byte[] frame = FrameHeader.CreateFrame(
            FrameFormat.Compressed, body.Length, block.AsSpan(0, SnappyEncoder.Encode(body, block)));
        var codec = new FrameCodec(_options);
        long fewest = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            // More than once, since the pool may have to make its buffer first.
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<PayloadException>(() => codec.Decode(frame));
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(fewest, 0, 64 * 1024);
        Assert.InRange(body.Length / frame.Length, 15, 22);
    }

    [Fact]
    public void Decode_SnappyLengthOtherThanTheFrames_IsRefused()
    {
        byte[] content = new byte[40];
        BinaryPrimitives.WriteInt16LittleEndian(content, 0x0927);

        Assert.Throws<PayloadException>(() =>
            new FrameCodec(_options).Decode(FrameHeader.CreateFrame(FrameFormat.Compressed, 40, content)));
    }

    [Fact]
    public void Decode_SerializerThrowsSomethingElse_IsAPayloadException()
    {
        byte[] body = Convert.FromHexString(Id + "A161" + "00" + "C0" + "C0" + "90");
        _options.Serializer = new ThrowingSerializer();

        var error = Assert.Throws<PayloadException>(() =>
            new FrameCodec(_options).Decode(FrameHeader.CreateFrame(0, body.Length, body)));

        Assert.IsType<FormatException>(error.InnerException);
    }

    private TaskMessage Decode(string hex) =>
        new FrameCodec(_options).Decode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private sealed class ThrowingSerializer : IPayloadSerializer
    {
        public void WriteCount(System.Buffers.IBufferWriter<byte> output, int count) => throw new FormatException();

        public int ReadCount(ref ReadOnlyMemory<byte> payload) => throw new FormatException("Not mine.");

        public PayloadWriter<T> GetWriter<T>() => throw new FormatException();

        public PayloadReader<T> GetReader<T>() => throw new FormatException();
    }
}
