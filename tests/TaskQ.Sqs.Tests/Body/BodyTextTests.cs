using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TaskQ.Sqs.Body;

namespace TaskQ.Sqs.Tests.Body;

public sealed class BodyTextTests
{
    private const int RandomTexts = 200_000;

    [Theory]
    [InlineData("", "")]
    [InlineData("00", "00")]
    [InlineData("FF", "{{")]
    [InlineData("00000000", "00000")]
    [InlineData("FFFFFFFF", "|NsC0")]
    [InlineData("48656C6C6F", "NM&qnZv")]
    public void Encode_Known_IsThatText(string bytes, string text)
    {
        Assert.Equal(text, BodyText.Encode(Convert.FromHexString(bytes)));
        Assert.Equal(bytes, Convert.ToHexString(BodyText.Decode(text)));
    }

    [Fact]
    public void Decode_OfEncode_IsTheFrame() =>
        Prop.ForAll<byte[]>(frame => BodyText.Decode(BodyText.Encode(frame)).AsSpan().SequenceEqual(frame))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_EveryLength_HasItsLengthAndPlainCharacters()
    {
        var random = new Random(1);
        for (int length = 0; length < 1100; length++)
        {
            byte[] frame = new byte[length];
            random.NextBytes(frame);

            string text = BodyText.Encode(frame);

            Assert.Equal(BodyText.LengthOf(length), text.Length);
            Assert.Equal(length, BodyText.CapacityOf(text.Length));
            Assert.DoesNotContain(text, c => c is < '!' or > '~' or '"' or '\\' or '\'');
            Assert.Equal(frame, BodyText.Decode(text));
        }
    }

    [Fact]
    public void CapacityOf_Limit_IsTheLargestThatFits()
    {
        foreach (int limit in new[] { 1, 2, 4, 5, 6, 262_144, 1_048_576 })
        {
            int capacity = BodyText.CapacityOf(limit);

            Assert.InRange(BodyText.LengthOf(capacity), 0, limit);
            Assert.True(BodyText.LengthOf(capacity + 1) > limit, $"{limit} holds more than {capacity} bytes.");
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("000000")]
    [InlineData("0000\"")]
    [InlineData("0000 ")]
    [InlineData("0000\n")]
    [InlineData("0000\u0130")]
    [InlineData("000\uD83D\uDE00")]
    [InlineData("~~~~~")]
    [InlineData("|NsC1")]
    [InlineData("~~")]
    [InlineData("01")]
    [InlineData("0001")]
    public void Decode_NotOfEncode_Throws(string text) => Assert.Throws<FormatException>(() => BodyText.Decode(text));

    [Fact]
    public void Decode_Random_IsRefusedOrTheTextOfItsFrame()
    {
        var random = new Random(2);
        int accepted = 0;
        for (int i = 0; i < RandomTexts; i++)
        {
            string text = RandomText(random);
            try
            {
                Assert.Equal(text, BodyText.Encode(BodyText.Decode(text)));
                accepted++;
            }
            catch (FormatException error)
            {
                Assert.InRange(error.Message.Length, 1, 200);
            }
        }

        Assert.InRange(accepted, RandomTexts / 100, RandomTexts * 99 / 100);
    }

    // An implementation that is not ours: the one of Python.
    [Fact]
    public async Task Encode_ManyFrames_IsWhatPythonWritesAndReads()
    {
        var random = new Random(3);
        byte[][] frames = [.. Enumerable.Range(0, 300).Select(length =>
        {
            byte[] frame = new byte[length];
            random.NextBytes(frame);
            return frame;
        })];
        const string Script = """
            import sys, base64
            for line in sys.stdin:
                hex, text = line.rstrip('\n').split(' ')
                frame = bytes.fromhex(hex)
                assert base64.b85encode(frame).decode() == text, hex
                assert base64.b85decode(text) == frame, text
            print('agreed')
            """;
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var lines = new StringBuilder();
        foreach (byte[] frame in frames)
        {
            lines.Append(Convert.ToHexString(frame)).Append(' ').Append(BodyText.Encode(frame)).Append('\n');
        }

        await python.StandardInput.WriteAsync(lines, TestContext.Current.CancellationToken);
        python.StandardInput.Close();

        Assert.Equal("agreed", (await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
    }

    // Half of them near to right ones: a text with a character changed.
    private static string RandomText(Random random)
    {
        byte[] frame = new byte[random.Next(0, 24)];
        random.NextBytes(frame);
        char[] text = BodyText.Encode(frame).ToCharArray();
        if (text.Length > 0)
        {
            text[random.Next(text.Length)] = (char)(random.Next(2) == 0 ? random.Next(33, 127) : random.Next(0, 0x3000));
        }

        return random.Next(10) == 0 ? new string(text)[..random.Next(text.Length + 1)] : new string(text);
    }
}
