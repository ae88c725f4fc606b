using TaskQ.Add.Encode.Snappy;
using Xunit;

namespace TaskQ.Tests.Add.Encode.Snappy;

/// <summary>The elements of the format one by one, by hand.</summary>
public sealed class SnappyDecoderTests
{
    [Theory]
    [InlineData("00", "")]
    [InlineData("03 08 616263", "616263")]
    [InlineData("03 F0 02 616263", "616263")] // one byte of length
    [InlineData("03 F4 0200 616263", "616263")] // two
    [InlineData("03 F8 020000 616263", "616263")] // three
    [InlineData("03 FC 02000000 616263", "616263")] // four
    [InlineData("07 08 616263 01 03", "61626361626361")] // copy, one byte of offset
    [InlineData("06 08 616263 0A 0300", "616263616263")] // two
    [InlineData("06 08 616263 0B 03000000", "616263616263")] // four
    [InlineData("05 00 61 01 01", "6161616161")] // overlaps itself
    [InlineData("8000", "")] // a longer varint than needed
    public void Decode_Block_GivesTheBytes(string block, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(SnappyBlocks.Decode(Hex(block))));

    [Theory]
    [InlineData("")] // no length
    [InlineData("80")] // length cut off
    [InlineData("FFFFFFFF10")] // beyond 32 bits
    [InlineData("808080808000")] // six bytes of length
    [InlineData("03")] // no elements
    [InlineData("03 08 6162")] // literal cut off
    [InlineData("03 F0")] // its length cut off
    [InlineData("03 FC 020000")]
    [InlineData("03 FC FFFFFFFF 616263")] // a length that would overflow
    [InlineData("02 08 616263")] // more than declared
    [InlineData("04 08 616263")] // less than declared
    [InlineData("07 08 616263 01")] // offset cut off
    [InlineData("07 08 616263 0E 03")]
    [InlineData("07 08 616263 0F 030000")]
    [InlineData("07 08 616263 01 00")] // offset 0
    [InlineData("07 08 616263 01 04")] // before the start
    [InlineData("07 08 616263 0F FFFFFFFF")] // far before it
    [InlineData("06 08 616263 01 03")] // copy past the end
    [InlineData("04 01 01")] // starts with a copy
    [InlineData("03 08 616263 00")] // trailing literal tag
    public void Decode_MalformedBlock_IsAPayloadException(string block) =>
        Assert.Throws<PayloadException>(() => SnappyBlocks.Decode(Hex(block)));

    [Fact]
    public void ReadLength_BeyondTheLimit_IsRefused()
    {
        Assert.Equal(300, SnappyDecoder.ReadLength(Hex("AC02"), 300, out int preamble));
        Assert.Equal(2, preamble);

        var error = Assert.Throws<PayloadException>(() => SnappyDecoder.ReadLength(Hex("AC02"), 299, out _));
        Assert.Contains("300", error.Message, StringComparison.Ordinal);
        Assert.Contains("299", error.Message, StringComparison.Ordinal);
        Assert.Throws<PayloadException>(() => SnappyDecoder.ReadLength(Hex("FFFFFFFF0F"), int.MaxValue, out _));
    }

    [Fact]
    public void Decode_OutputOfAnotherSize_IsRefused()
    {
        byte[] block = Hex("03 08 616263");

        Assert.Throws<PayloadException>(() => SnappyDecoder.Decode(block, new byte[2]));
        Assert.Throws<PayloadException>(() => SnappyDecoder.Decode(block, new byte[4]));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
