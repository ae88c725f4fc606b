using System.Buffers;
using TaskQ.Add.Encode;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

public sealed class PooledBufferWriterTests
{
    [Fact]
    public void Write_PastEachSize_KeepsAllBytes()
    {
        using var writer = new PooledBufferWriter();
        byte[] bytes = SampleData.Random(100_000);
        for (int start = 0, length = 1; start < bytes.Length; start += length, length = Math.Min(length * 2, bytes.Length - start))
        {
            writer.Write(bytes.AsSpan(start, length));
        }

        Assert.Equal(bytes, writer.WrittenSpan.ToArray());
    }

    [Fact]
    public void GetSpan_Hint_GivesAtLeastThat()
    {
        using var writer = new PooledBufferWriter();

        Assert.NotEqual(0, writer.GetSpan().Length);
        Assert.True(writer.GetSpan(5000).Length >= 5000);
        Assert.True(writer.GetMemory(9000).Length >= 9000);
        Assert.Equal(0, writer.WrittenCount);
    }

    [Fact]
    public void Advance_PastTheRoom_Throws()
    {
        using var writer = new PooledBufferWriter();
        int room = writer.GetSpan().Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
    }

    [Fact]
    public void GetSpan_BeyondTheLargestArray_IsAPayloadException()
    {
        using var writer = new PooledBufferWriter();
        writer.Write("a"u8);

        Assert.Throws<PayloadException>(() => writer.GetSpan(Array.MaxLength).Length);
    }

    [Fact]
    public void Dispose_Twice_LeavesAnEmptyWriter()
    {
        var writer = new PooledBufferWriter();
        writer.Write("abc"u8);

        writer.Dispose();
        writer.Dispose();

        Assert.Equal(0, writer.WrittenCount);
    }
}
