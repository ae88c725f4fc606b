using TaskQ.Add.Encode;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0u, "00")]
    [InlineData(64u, "40")]
    [InlineData(127u, "7F")]
    [InlineData(128u, "8001")]
    [InlineData(16383u, "FF7F")]
    [InlineData(16384u, "808001")]
    [InlineData(2097150u, "FEFF7F")]
    [InlineData(uint.MaxValue, "FFFFFFFF0F")]
    public void Write_Value_GivesTheKnownBytesAndReadsBack(uint value, string hex)
    {
        byte[] bytes = new byte[Varint.MaxLength];

        int length = Varint.Write(bytes, value);

        Assert.Equal(hex, Convert.ToHexString(bytes, 0, length));
        Assert.Equal(length, Varint.LengthOf(value));
        Assert.True(Varint.TryRead(bytes, out uint read, out int readLength));
        Assert.Equal((value, length), (read, readLength));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFF")]
    [InlineData("FFFFFFFF10")]
    [InlineData("808080808000")]
    public void TryRead_CutOffOrTooLarge_IsFalse(string hex) =>
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), out _, out _));
}
