using System.Net;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class UserFormatterTests
{
    private readonly MessagePackSerializer _serializer = new(new MessagePackOptions()
        .AddFormatter(new AddressFormatter())
        .AddFormatter(new MoneyFormatter())
        .AddFormatter(new ChainFormatter()));

    [Fact]
    public void AddFormatter_TypeThatTaskQRefuses_IsWrittenAndRead()
    {
        var address = IPAddress.Parse("10.0.0.1");
        Assert.Equal("c4040a000001", _serializer.Hex(address));
        Assert.Equal(address, _serializer.Decode<IPAddress>("c4040a000001"));
    }

    [Fact]
    public void AddFormatter_InsideOfOtherTypes_IsUsed()
    {
        var order = new Order(new Money(12.5m, "EUR"), [IPAddress.Loopback]);
        var copy = _serializer.Decode<Order>(_serializer.Encode(order));
        Assert.Equal(order.Price, copy.Price);
        Assert.Equal(order.From, copy.From);
        Assert.Equal("92a431322e35a3455552", _serializer.Hex<object>(order.Price));
    }

    [Fact]
    public void AddFormatter_FormatterOfAnIncompleteValue_ReadsWithinTheLimits()
    {
        Assert.Throws<PayloadException>(() => _serializer.Decode<Money>("dd7fffffff"));
        Assert.Throws<PayloadException>(() => _serializer.Decode<Money>("92a131"));
    }

    [Fact]
    public void AddFormatter_FormatterThatCallsItself_EndsAtTheDepthLimit()
    {
        var chain = new Chain();
        chain.Next = chain;
        Assert.Throws<PayloadException>(() => _serializer.Encode(chain));
        Assert.Throws<PayloadException>(() => _serializer.Decode<Chain>(Enumerable.Repeat((byte)0x91, 100_000).ToArray()));
    }

    [Fact]
    public void AddFormatter_FormatterThatThrows_BecomesAPayloadException()
    {
        var exception = Assert.Throws<PayloadException>(() => _serializer.Decode<IPAddress>("c403010203"));
        Assert.IsType<ArgumentException>(exception.InnerException);
        Assert.Contains("System.Net.IPAddress", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddFormatter_AfterTheSerializerWasCreated_HasNoEffect()
    {
        var options = new MessagePackOptions();
        var serializer = new MessagePackSerializer(options);
        options.AddFormatter(new AddressFormatter());
        Assert.Throws<PayloadException>(serializer.GetWriter<IPAddress>);
    }

    [Fact]
    public void AddFormatter_Null_Throws() =>
        Assert.Throws<ArgumentNullException>(() => new MessagePackOptions().AddFormatter<int>(null!));

    public sealed record Money(decimal Amount, string Currency);

    public sealed record Order(Money Price, IPAddress[] From);

    public sealed class Chain
    {
        public Chain? Next { get; set; }
    }

    private sealed class AddressFormatter : IMessagePackFormatter<IPAddress>
    {
        public void Write(ref MessagePackWriter writer, IPAddress value) => writer.WriteBinary(value.GetAddressBytes());

        public IPAddress Read(ref MessagePackReader reader) => new(reader.ReadBinary());
    }

    private sealed class MoneyFormatter : IMessagePackFormatter<Money>
    {
        public void Write(ref MessagePackWriter writer, Money value)
        {
            writer.WriteArrayHeader(2);
            writer.Write(value.Amount);
            writer.WriteString(value.Currency);
        }

        public Money Read(ref MessagePackReader reader) => reader.ReadArrayHeader() == 2
            ? new Money(reader.Read<decimal>(), reader.ReadString()!)
            : throw new PayloadException("Money is an array of two.");
    }

    private sealed class ChainFormatter : IMessagePackFormatter<Chain>
    {
        public void Write(ref MessagePackWriter writer, Chain value)
        {
            writer.WriteArrayHeader(1);
            writer.Write(value.Next);
        }

        public Chain Read(ref MessagePackReader reader)
        {
            reader.ReadArrayHeader();
            return new Chain { Next = reader.Read<Chain>() };
        }
    }
}
