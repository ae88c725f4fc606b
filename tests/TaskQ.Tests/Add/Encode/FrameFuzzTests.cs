using TaskQ.Add.Encode;
using TaskQ.Add.Encode.Snappy;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

/// <summary>Damaged frames: nothing but the codec's own exceptions, and little allocation for what is refused.</summary>
public sealed class FrameFuzzTests
{
    private const int Inputs = 600_000;

    [Fact]
    public void Decode_MutatedFrames_ThrowsNothingElse()
    {
        QueueOptions options = TestMessages.Options();
        options.CompressionThreshold = int.MaxValue;
        var codec = new FrameCodec(options);
        byte[][] plain =
        [
            codec.Encode(TestMessages.Create("t").Added()),
            codec.Encode(TestMessages.Create("resize", "a.png", 64).WithName("näme").WithHeader("k", "v").Added()),
            codec.Encode(TestMessages.Create("long", new string('x', 300), long.MaxValue).WithHeader(new string('k', 40), "").Added()),
        ];
        var random = new Random(20260304);
        int accepted = 0;
        int unknown = 0;
        int refused = 0;
        for (int i = 0; i < Inputs; i++)
        {
            byte[] frame = Mutate(plain[random.Next(plain.Length)], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Assert.NotEqual("", codec.Decode(frame).TaskName);
                accepted++;
                continue;
            }
            catch (PayloadException)
            {
                refused++;
            }
            catch (UnknownFrameVersionException)
            {
                unknown++;
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= (64 * 1024) + (4 * frame.Length), $"{allocated} bytes for {Convert.ToHexString(frame)}.");
        }

        Assert.InRange(accepted, Inputs / 100, Inputs * 9 / 10);
        Assert.InRange(unknown, 1, Inputs / 2);
        Assert.InRange(refused, Inputs / 10, Inputs);
    }

    /// <summary>Half of the frames are damaged as they are; a quarter in the body alone, and a quarter in the body before it is compressed.</summary>
    private static byte[] Mutate(byte[] frame, Random random)
    {
        if (random.Next(2) == 0)
        {
            return Mutation.Of(frame, random);
        }

        FrameHeader header = FrameHeader.Parse(frame, int.MaxValue);
        byte[] body = Mutation.Of(frame[header.Length..], random);
        if (random.Next(2) == 0)
        {
            return FrameHeader.CreateFrame(0, body.Length, body);
        }

        byte[] block = new byte[SnappyEncoder.MaxEncodedLength(body.Length)];
        int length = SnappyEncoder.Encode(body, block);
        byte[] compressed = FrameHeader.CreateFrame(FrameFormat.Compressed, body.Length, block.AsSpan(0, length));
        return random.Next(4) == 0 ? Mutation.Of(compressed, random) : compressed;
    }
}
