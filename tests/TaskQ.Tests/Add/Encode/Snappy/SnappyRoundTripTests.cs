using FsCheck;
using FsCheck.Fluent;
using TaskQ.Add.Encode.Snappy;
using Xunit;

namespace TaskQ.Tests.Add.Encode.Snappy;

/// <summary>Round trips, and both ways against IronSnappy.</summary>
public sealed class SnappyRoundTripTests
{
    public static TheoryData<string> SampleNames => [.. SnappyBlocks.Samples().Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void Encode_Sample_IsReadByUsAndByIronSnappy(string name)
    {
        byte[] input = Sample(name);

        byte[] block = SnappyBlocks.Encode(input);

        Assert.True(input.AsSpan().SequenceEqual(SnappyBlocks.Decode(block)));
        Assert.True(input.AsSpan().SequenceEqual(IronSnappy.Snappy.Decode(block)));
        Assert.True(block.Length <= SnappyEncoder.MaxEncodedLength(input.Length));
    }

    [Theory]
    [MemberData(nameof(SampleNames))]
    public void Decode_WhatIronSnappyWrote_GivesTheInput(string name)
    {
        byte[] input = Sample(name);

        Assert.True(input.AsSpan().SequenceEqual(SnappyBlocks.Decode(IronSnappy.Snappy.Encode(input))));
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(65536)]
    [InlineData(4 * 1024 * 1024)]
    public void Encode_Json_IsAboutAsSmallAsIronSnappys(int size)
    {
        byte[] input = SampleData.Json(size);

        double ours = SnappyBlocks.Encode(input).Length;

        Assert.InRange(ours / IronSnappy.Snappy.Encode(input).Length, 0.5, 1.05);
    }

    [Fact]
    public void Encode_AnyBytes_RoundTrips() =>
        Prop.ForAll<byte[]>(input => SnappyBlocks.Decode(SnappyBlocks.Encode(input)).AsSpan().SequenceEqual(input))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Encode_PiecesOfItself_RoundTripsByUsAndByIronSnappy()
    {
        // Copies of every offset and length: pieces of what came before, put together at random.
        Arbitrary<(int Start, int Length)[]> pieces = Gen
            .Choose(0, 5000)
            .Zip(Gen.Choose(1, 200), (start, length) => (start, length))
            .ArrayOf()
            .ToArbitrary();
        Prop.ForAll(pieces, parts =>
        {
            List<byte> bytes = [.. SampleData.Random(64)];
            foreach ((int start, int length) in parts)
            {
                for (int i = 0; i < length; i++)
                {
                    bytes.Add(bytes[(start % bytes.Count) + (i % 4) < bytes.Count ? (start % bytes.Count) + (i % 4) : i]);
                }
            }

            byte[] input = [.. bytes];
            byte[] block = SnappyBlocks.Encode(input);
            return SnappyBlocks.Decode(block).AsSpan().SequenceEqual(input) &&
                IronSnappy.Snappy.Decode(block).AsSpan().SequenceEqual(input);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Encode_EveryLengthToThreeHundred_RoundTrips()
    {
        byte[] json = SampleData.Json(300);
        byte[] zeros = new byte[300];
        for (int length = 0; length <= 300; length++)
        {
            Assert.Equal(json[..length], SnappyBlocks.Decode(SnappyBlocks.Encode(json[..length])));
            Assert.Equal(zeros[..length], SnappyBlocks.Decode(SnappyBlocks.Encode(zeros[..length])));
        }
    }

    [Fact]
    public void EncodeAndDecode_Again_AllocateNothing()
    {
        byte[] input = SampleData.Json(65536);
        byte[] block = new byte[SnappyEncoder.MaxEncodedLength(input.Length)];
        byte[] output = new byte[input.Length];
        int length = SnappyEncoder.Encode(input, block);
        SnappyDecoder.Decode(block.AsSpan(0, length), output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            length = SnappyEncoder.Encode(input, block);
            SnappyDecoder.Decode(block.AsSpan(0, length), output);
        }

        // The pool may rent the table anew once.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    private static byte[] Sample(string name) => SnappyBlocks.Samples().Single(sample => sample.Name == name).Make();
}
