using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TaskQ.Add.Encode;
using Xunit;

namespace TaskQ.Tests.Add.Encode;

public sealed class FramePropertyTests
{
    [Fact]
    public void Encode_AnyStrings_RoundTripOrAreRefused() =>
        Prop.ForAll<string[], long, int>((strings, ticks, threshold) =>
        {
            // Of what FsCheck makes up, some strings are null or have half a surrogate pair.
            string[] texts = [.. strings.Select(text => text ?? "")];
            TaskMessage message = Message(texts, ticks);
            QueueOptions options = TestMessages.Options();
            options.CompressionThreshold = Math.Abs(threshold % 600);
            var codec = new FrameCodec(options);
            if (!texts.All(IsUnicode))
            {
                Assert.Throws<PayloadException>(() => codec.Encode(message));
                return true;
            }

            TaskMessage decoded = codec.Decode(codec.Encode(message));
            return decoded.Id == message.Id &&
                decoded.TaskName == message.TaskName &&
                decoded.Name == message.Name &&
                decoded.EnqueuedAt == message.EnqueuedAt &&
                decoded.Headers.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .SequenceEqual(message.Headers.OrderBy(pair => pair.Key, StringComparer.Ordinal)) &&
                decoded.Arguments.Count == message.Arguments.Count &&
                Enumerable.Range(0, decoded.Arguments.Count).All(i => Equals(decoded.Arguments[i], message.Arguments[i]));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    private static TaskMessage Message(string[] texts, long ticks)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            headers[text] = new string('.', text.Length);
        }

        string? name = texts.Length > 1 && texts[1].Length > 0 ? texts[1] : null;
        return new TaskMessage(
            "task " + texts.FirstOrDefault(),
            Guid.CreateVersion7(),
            new TestArguments([.. texts.Take(15)]),
            name,
            headers,
            TestMessages.Now.AddTicks(ticks % TimeSpan.TicksPerDay));
    }

    private static bool IsUnicode(string text)
    {
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
