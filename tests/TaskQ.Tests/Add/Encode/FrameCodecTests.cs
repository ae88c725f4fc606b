using TaskQ.Add.Encode;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

/// <summary>Round trips, compression and limits.</summary>
public sealed class FrameCodecTests
{
    private readonly QueueOptions _options = TestMessages.Options();

    [Fact]
    public void Decode_Encoded_GivesAllFieldsBack()
    {
        TaskMessage message = TestMessages.Create("resize", "a.png", 64)
            .WithName("näme")
            .WithHeader("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .WithHeader("empty", "")
            .Added();

        TaskMessage decoded = RoundTrip(message);

        Assert.Equal(message.Id, decoded.Id);
        Assert.Equal("resize", decoded.TaskName);
        Assert.Equal("näme", decoded.Name);
        Assert.Equal(TestMessages.Now, decoded.EnqueuedAt);
        Assert.Equal(message.Headers, decoded.Headers);
        Assert.Equal(0, decoded.Attempt);
        Assert.Null(decoded.Definition);
        Assert.Equal(["a.png", 64L], Arguments(decoded));
    }

    [Fact]
    public void Decode_NeitherNameNorHeaders_HasNone()
    {
        TaskMessage decoded = RoundTrip(TestMessages.Create("t").Unique().Added());

        Assert.Null(decoded.Name);
        Assert.Null(decoded.HeadersOrNull);
        Assert.Equal(0, decoded.Arguments.Count);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00.0000000Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z")]
    [InlineData("1970-01-01T00:00:00.0000000Z")]
    [InlineData("2026-03-04T05:06:07.1234567+02:00")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    public void Decode_EnqueuedAt_IsExactToTheTick(string time)
    {
        DateTimeOffset enqueuedAt = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
        var message = new TaskMessage("t", TestMessages.Id, new TestArguments(), null, null, enqueuedAt);

        Assert.Equal(enqueuedAt.UtcTicks, RoundTrip(message).EnqueuedAt.UtcTicks);
        Assert.Equal(TimeSpan.Zero, RoundTrip(message).EnqueuedAt.Offset);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Decode_StringOfEveryHeaderForm_RoundTrips(int length)
    {
        string text = new('x', length);
        TaskMessage message = TestMessages.Create(text, text).WithName(text).WithHeader(text, text).Added();

        TaskMessage decoded = RoundTrip(message);

        Assert.Equal(text, decoded.TaskName);
        Assert.Equal(text, decoded.Name);
        Assert.Equal(text, decoded.Headers[text]);
        Assert.Equal([text], Arguments(decoded));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(FrameFormat.MaxHeaders)]
    public void Decode_ManyHeaders_RoundTrip(int count)
    {
        TaskMessage message = TestMessages.Create("t");
        for (int i = 0; i < count; i++)
        {
            message.WithHeader($"key {i}", $"value {i}");
        }

        Assert.Equal(message.Headers, RoundTrip(message.Added()).Headers);
    }

    [Fact]
    public void Encode_TooManyHeaders_IsRefused()
    {
        TaskMessage message = TestMessages.Create("many");
        for (int i = 0; i <= FrameFormat.MaxHeaders; i++)
        {
            message.WithHeader($"{i}", "");
        }

        Assert.Contains("'many'", Refusal(message), StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_NullHeader_NamesTaskAndHeader()
    {
        TaskMessage message = TestMessages.Create("task-1");
        message.Headers["tenant"] = null!;

        string error = Refusal(message);
        Assert.Contains("'task-1'", error, StringComparison.Ordinal);
        Assert.Contains("'tenant'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_HalfASurrogatePair_NamesTheField()
    {
        Assert.Contains("header", Refusal(TestMessages.Create("t").WithHeader("h", "\ud800")), StringComparison.Ordinal);
        Assert.Contains("name of the message", Refusal(TestMessages.Create("t").WithName("\udc00x")), StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_ArgumentThatCannotBeWritten_NamesTheTask()
    {
        var error = Assert.Throws<PayloadException>(() => Codec().Encode(TestMessages.Create("send", 1.5).Added()));

        Assert.Contains("'send'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Double", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Fact]
    public void Encode_SerializerThrowsSomethingElse_IsAPayloadException()
    {
        var message = new TaskMessage("send", TestMessages.Id, new ThrowingArguments(), null, null, TestMessages.Now);

        Assert.IsType<FormatException>(Assert.Throws<PayloadException>(() => Codec().Encode(message)).InnerException);
    }

    [Fact]
    public void Encode_AtTheLimit_IsAllowedAndOneByteMoreIsNot()
    {
        TaskMessage message = TestMessages.Create("big", new string('x', 3000)).Added();
        _options.CompressionThreshold = int.MaxValue;
        int size = Codec().Encode(message).Length;

        _options.MaxMessageSize = size;
        Assert.Equal(size, Codec().Encode(message).Length);
        Codec().Decode(Codec().Encode(message));

        // Compression does not help: the limit is for what a reader unpacks.
        _options.MaxMessageSize = size - 1;
        _options.CompressionThreshold = 0;
        string error = Assert.Throws<PayloadException>(() => Codec().Encode(message)).Message;
        Assert.Contains("'big'", error, StringComparison.Ordinal);
        Assert.Contains($"{size} bytes", error, StringComparison.Ordinal);
        Assert.Contains($"{size - 1} bytes", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Encode_CompressionThreshold_StartsAtThatBodyLength(int difference)
    {
        TaskMessage message = TestMessages.Create("zip", new string('x', 400)).Added();
        _options.CompressionThreshold = int.MaxValue;
        byte[] plain = Codec().Encode(message);
        int bodyLength = FrameHeader.Parse(plain, int.MaxValue).BodyLength;

        _options.CompressionThreshold = bodyLength - difference;
        byte[] frame = Codec().Encode(message);

        Assert.Equal(difference == 0, FrameHeader.Parse(frame, int.MaxValue).IsCompressed);
        Assert.Equal(difference == 0, frame.Length < plain.Length);
        Assert.Equal([new string('x', 400)], Arguments(Codec().Decode(frame)));
    }

    [Fact]
    public void Encode_WhatDoesNotGetSmaller_StaysUncompressed()
    {
        string noise = Convert.ToBase64String(SampleData.Random(3000));
        _options.CompressionThreshold = 0;

        byte[] frame = Codec().Encode(TestMessages.Create("t", noise).Added());

        Assert.False(FrameHeader.Parse(frame, int.MaxValue).IsCompressed);
        Assert.Equal([noise], Arguments(Codec().Decode(frame)));
    }

    [Fact]
    public void Decode_CompressedFrame_DoesNotReferToAPooledBuffer()
    {
        byte[] first = Codec().Encode(TestMessages.Create("t", new string('a', 2000)).Added());
        byte[] second = Codec().Encode(TestMessages.Create("t", new string('b', 2000)).Added());

        TaskMessage message = Codec().Decode(first);
        Codec().Decode(second);

        Assert.Equal([new string('a', 2000)], Arguments(message));
    }

    [Fact]
    public void Encode_AgainAfterDecode_GivesTheSameFrame()
    {
        byte[] frame = Codec().Encode(TestMessages.Create("t", "a", 5, "b").WithName("n").WithHeader("k", "v").Added());

        Assert.Equal(frame, Codec().Encode(Codec().Decode(frame)));
    }

    [Fact]
    public void Encode_SmallMessage_AllocatesTheFrameAndAtMostOneObject()
    {
        TaskMessage message = TestMessages.Create("resize").Added();
        FrameCodec codec = Codec();
        int length = codec.Encode(message).Length;
        const int Rounds = 1000;

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            codec.Encode(message);
        }

        // The array's own 24 bytes and padding; the writer's 40.
        long perMessage = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        Assert.InRange(perMessage, length, length + 31 + 40 + 32);
    }

    private static object?[] Arguments(TaskMessage message) =>
        [.. Enumerable.Range(0, message.Arguments.Count).Select(i => message.Arguments[i])];

    private FrameCodec Codec() => new(_options);

    private TaskMessage RoundTrip(TaskMessage message) => Codec().Decode(Codec().Encode(message));

    private string Refusal(TaskMessage message) =>
        Assert.Throws<PayloadException>(() => Codec().Encode(message.Added())).Message;

    private sealed class ThrowingArguments : MessageArguments
    {
        public override int Count => 0;

        public override object? this[int index] => null;

        public override void Write(IPayloadSerializer serializer, System.Buffers.IBufferWriter<byte> output) =>
            throw new FormatException("A property of the argument threw.");
    }
}
