using System.Text;
using TaskQ.Registry;

namespace TaskQ.Add.Encode;

/// <summary>The fields of a body, found and checked but not yet made into objects, so that a refused body allocates nothing.</summary>
internal readonly ref struct FrameBody
{
    private readonly Guid _id;
    private readonly ReadOnlySpan<byte> _taskName;
    private readonly DateTimeOffset _enqueuedAt;
    private readonly ReadOnlySpan<byte> _name;
    private readonly ReadOnlySpan<byte> _headers;
    private readonly int _headerCount;

    private FrameBody(
        Guid id,
        ReadOnlySpan<byte> taskName,
        DateTimeOffset enqueuedAt,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> headers,
        int headerCount,
        int payloadStart)
    {
        _id = id;
        _taskName = taskName;
        _enqueuedAt = enqueuedAt;
        _name = name;
        _headers = headers;
        _headerCount = headerCount;
        PayloadStart = payloadStart;
    }

    /// <summary>Where the payload starts, which runs to the end.</summary>
    public int PayloadStart { get; }

    /// <exception cref="PayloadException">A field is missing, malformed or out of bounds.</exception>
    public static FrameBody Parse(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        Guid id = reader.ReadId();
        ReadOnlySpan<byte> taskName = NotEmpty(reader.ReadString(), "task name");
        DateTimeOffset enqueuedAt = ToTime(reader.ReadInt64());
        ReadOnlySpan<byte> name = reader.TryReadNil() ? default : NotEmpty(reader.ReadString(), "message name");

        int headerCount = reader.TryReadNil() ? 0 : reader.ReadMapHeader();
        int headersStart = reader.Position;
        for (int i = 0; i < headerCount; i++)
        {
            reader.ReadString();
            reader.ReadString();
        }

        ReadOnlySpan<byte> headers = body[headersStart..reader.Position];
        return new FrameBody(id, taskName, enqueuedAt, name, headers, headerCount, reader.Position);
    }

    public TaskMessage ToMessage(MessageArguments arguments) => new(
        Encoding.UTF8.GetString(_taskName),
        _id,
        arguments,
        _name.IsEmpty ? null : Encoding.UTF8.GetString(_name),
        ReadHeaders(),
        _enqueuedAt);

    private static ReadOnlySpan<byte> NotEmpty(ReadOnlySpan<byte> text, string what) =>
        text.IsEmpty ? throw new PayloadException($"The {what} in the frame is empty.") : text;

    private static DateTimeOffset ToTime(long ticksSinceEpoch)
    {
        long maxTicks = DateTimeOffset.MaxValue.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return ticksSinceEpoch >= -DateTimeOffset.UnixEpoch.UtcTicks && ticksSinceEpoch <= maxTicks
            ? DateTimeOffset.UnixEpoch.AddTicks(ticksSinceEpoch)
            : throw new PayloadException("The enqueue time in the frame is outside of the years 1 to 9999.");
    }

    /// <summary>Of two headers of one name the last counts.</summary>
    private Dictionary<string, string>? ReadHeaders()
    {
        if (_headerCount == 0)
        {
            return null;
        }

        var headers = new Dictionary<string, string>(_headerCount, StringComparer.Ordinal);
        var reader = new FieldReader(_headers);
        for (int i = 0; i < _headerCount; i++)
        {
            string key = Encoding.UTF8.GetString(reader.ReadString());
            headers[key] = Encoding.UTF8.GetString(reader.ReadString());
        }

        return headers;
    }
}
