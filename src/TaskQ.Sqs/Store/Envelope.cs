using System.Globalization;
using System.Text;
using TaskQ.Sqs.Body;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Store;

/// <summary>A message as it stands in SQS: the frame as text in the body, the rest in a few attributes, which count towards the size.</summary>
/// <remarks>
/// Attributes: <c>id</c>, 32 hexadecimal digits; <c>task</c>, for the eye, where it is printable; <c>tries</c>, failures and
/// crashes at the send, where there are any; <c>due</c>, Unix milliseconds, while the due time is more than one native delay away.
/// </remarks>
internal sealed class Envelope
{
    public const string IdName = "id";
    public const string TaskName = "task";
    public const string TriesName = "tries";
    public const string DueName = "due";

    /// <summary>The longest delay of a send.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(15);

    // SQS takes no empty body; this is no text of a frame.
    private const string EmptyBody = " ";

    private readonly string? _text;

    private Envelope(Guid id, byte[] frame, string? task, string? text)
    {
        Id = id;
        Frame = frame;
        Task = task;
        _text = text;
    }

    public Guid Id { get; }

    /// <summary>The frame, or the bytes of a body that is none.</summary>
    public byte[] Frame { get; }

    public string? Task { get; }

    /// <summary>What it had behind it when it was sent.</summary>
    public Tries Tries { get; private init; }

    /// <summary>When it is due, null when its delay said so.</summary>
    public DateTimeOffset? DueAt { get; private init; }

    public string? Group { get; private init; }

    public static Envelope Of(Guid id, byte[] frame, string task) => new(id, frame, task, text: null);

    public static Envelope Read(SqsMessage message)
    {
        byte[] frame;
        string? text = null;
        try
        {
            frame = message.Body == EmptyBody ? [] : BodyText.Decode(message.Body);
        }
        catch (FormatException)
        {
            // Whoever sent it: the core keeps what it can't decode with the dead letters.
            text = message.Body;
            frame = Encoding.UTF8.GetBytes(text);
        }

        Guid id = Guid.TryParseExact(TextOf(message, IdName), "N", out Guid own) || Guid.TryParse(message.MessageId, out own) ? own : Guid.NewGuid();
        return new Envelope(id, frame, TextOf(message, TaskName), text)
        {
            Tries = Tries.Parse(TextOf(message, TriesName)),
            DueAt = ReadTime(message, DueName),
            Group = message.MessageGroupId,
        };
    }

    public static string? TextOf(SqsMessage message, string name) =>
        message.Attributes.TryGetValue(name, out SqsAttributeValue value) ? value.Text : null;

    public static DateTimeOffset? ReadTime(SqsMessage message, string name) =>
        long.TryParse(TextOf(message, name), NumberStyles.None, CultureInfo.InvariantCulture, out long time) && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(time)
            : null;

    /// <summary>The body's text.</summary>
    public string Text() => _text ?? (Frame.Length == 0 ? EmptyBody : BodyText.Encode(Frame));

    public Dictionary<string, SqsAttributeValue> Attributes(Tries tries)
    {
        var attributes = new Dictionary<string, SqsAttributeValue>(2) { [IdName] = SqsAttributeValue.OfText(Id.ToString("N")) };
        if (Task is { Length: > 0 } task && task.All(static c => c is >= ' ' and <= '~'))
        {
            attributes[TaskName] = SqsAttributeValue.OfText(task);
        }

        if (tries != default)
        {
            attributes[TriesName] = SqsAttributeValue.OfText(tries.ToString());
        }

        return attributes;
    }

    /// <summary>The message that brings it after a delay, or on its way there when the delay is longer than SQS allows.</summary>
    public SqsOutgoingMessage Outgoing(Tries tries, TimeSpan delay, DateTimeOffset dueAt)
    {
        var attributes = Attributes(tries);
        if (delay > MaxDelay)
        {
            attributes[DueName] = SqsAttributeValue.OfNumber(dueAt.ToUnixTimeMilliseconds());
            delay = MaxDelay;
        }

        // Null would mean the queue's own delay.
        return new SqsOutgoingMessage { Body = Text(), Attributes = attributes, Delay = WholeSeconds(delay) };
    }

    /// <summary>Rounded up, so that nothing comes early.</summary>
    public static TimeSpan WholeSeconds(TimeSpan time) => time <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds));
}
