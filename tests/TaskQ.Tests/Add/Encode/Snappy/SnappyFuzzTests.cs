using TaskQ.Add.Encode;
using TaskQ.Add.Encode.Snappy;
using Xunit;

namespace TaskQ.Tests.Add.Encode.Snappy;

/// <summary>Damaged blocks: nothing but a <see cref="PayloadException"/>, little allocation, and IronSnappy's verdict.</summary>
public sealed class SnappyFuzzTests
{
    private const int Inputs = 600_000;
    private const int Limit = 64 * 1024;

    [Fact]
    public void Decode_MutatedBlocks_AgreesWithIronSnappyAndThrowsNothingElse()
    {
        byte[][] seeds =
        [
            .. ((int[])[0, 1, 20, 61, 150, 400]).SelectMany(size =>
                new[] { SampleData.Json(size), SampleData.Random(size), SampleData.Repeated(size, 7) })
            .Select(SnappyBlocks.Encode),
            SnappyBlocks.Encode(SampleData.Repeated(3000, 17)),
        ];
        var random = new Random(20260304);
        byte[] output = new byte[Limit];
        int accepted = 0;
        int compared = 0;
        for (int i = 0; i < Inputs; i++)
        {
            byte[] block = Mutation.Of(seeds[random.Next(seeds.Length)], random);
            bool valid = TryDecode(block, output, out int length);
            accepted += valid ? 1 : 0;

            // IronSnappy allocates what a block declares and costs more than all the rest; each third input is enough for it.
            if (i % 3 == 0 && Varint.TryRead(block, out uint declared, out _) && declared <= Limit)
            {
                compared++;
                byte[]? theirs = IronDecode(block);
                Assert.True(valid == theirs is not null, $"Input {i}, {Convert.ToHexString(block)}: ours {valid}.");
                Assert.True(theirs is null || output.AsSpan(0, length).SequenceEqual(theirs), $"Input {i} differs.");
            }
        }

        Assert.InRange(accepted, Inputs / 100, Inputs * 9 / 10);
        Assert.InRange(compared, Inputs / 10, Inputs);
    }

    /// <summary>Decodes, and checks what a refusal allocated: the exception, not what the input claims.</summary>
    private static bool TryDecode(byte[] block, byte[] output, out int length)
    {
        length = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            length = SnappyDecoder.ReadLength(block, Limit, out _);
            SnappyDecoder.Decode(block, output.AsSpan(0, length));
            return true;
        }
        catch (PayloadException)
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= (64 * 1024) + (4 * block.Length), $"{allocated} bytes for {Convert.ToHexString(block)}.");
            return false;
        }
    }

    private static byte[]? IronDecode(byte[] block)
    {
        try
        {
            return IronSnappy.Snappy.Decode(block);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
