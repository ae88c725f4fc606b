using System.Buffers.Binary;
using System.Text;
using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>
/// What is stored of a message: 1 byte flags, 16 bytes name if there is one, 8 bytes time of the add and 8 bytes due time
/// in microseconds, 2 bytes length of the task's name and the name in UTF-8, then the frame. Numbers are big-endian.
/// </summary>
/// <remarks>
/// Scripts/shared.lua reads the flags and the name. What is too short to be a record has no task, no times and itself as its
/// frame, which no core can decode: so it ends among the dead letters.
/// </remarks>
internal readonly struct MessageRecord
{
    private const byte HasName = 1;
    private const byte LastsUntilFinished = 2;
    private const int NameLength = 16;
    private const int TimesLength = 16;

    private readonly byte[] _bytes;

    public MessageRecord(byte[] bytes) => _bytes = bytes;

    public int Length => _bytes.Length;

    public string TaskName => IsWhole ? Encoding.UTF8.GetString(_bytes, Times + TimesLength + 2, TaskLength) : "";

    public long EnqueuedAt => IsWhole ? BinaryPrimitives.ReadInt64BigEndian(_bytes.AsSpan(Times)) : 0;

    public long DueAt => IsWhole ? BinaryPrimitives.ReadInt64BigEndian(_bytes.AsSpan(Times + 8)) : 0;

    /// <summary>The name that is free when the message ends, null for none.</summary>
    public byte[]? NameToFree => IsWhole && (_bytes[0] & LastsUntilFinished) != 0
        ? _bytes[1..(1 + NameLength)]
        : null;

    public MessageBody Body => new(_bytes[(IsWhole ? Times + TimesLength + 2 + TaskLength : 0)..]);

    private bool IsWhole => _bytes.Length > 0
        && _bytes.Length >= Times + TimesLength + 2
        && _bytes.Length >= Times + TimesLength + 2 + TaskLength;

    private int Times => 1 + ((_bytes[0] & HasName) != 0 ? NameLength : 0);

    private int TaskLength => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(Times + TimesLength));

    public static byte[] Write(in NewMessage message)
    {
        byte[] frame = message.Body.Frame!;
        int taskLength = Encoding.UTF8.GetByteCount(message.TaskName);
        int times = 1 + (message.Name is null ? 0 : NameLength);
        var record = new byte[times + TimesLength + 2 + taskLength + frame.Length];
        Span<byte> span = record;
        if (message.Name is { } name)
        {
            span[0] = (byte)(HasName | (name.UntilFinished ? LastsUntilFinished : 0));
            BinaryPrimitives.WriteUInt128BigEndian(span[1..], name.Key);
        }

        DateTimeOffset due = message.DueAt ?? Later(message.EnqueuedAt, message.Delay);
        BinaryPrimitives.WriteInt64BigEndian(span[times..], StoreTime.FromTime(message.EnqueuedAt));
        BinaryPrimitives.WriteInt64BigEndian(span[(times + 8)..], StoreTime.FromDueTime(due));
        BinaryPrimitives.WriteUInt16BigEndian(span[(times + TimesLength)..], checked((ushort)taskLength));
        Encoding.UTF8.GetBytes(message.TaskName, span[(times + TimesLength + 2)..]);
        frame.CopyTo(span[(times + TimesLength + 2 + taskLength)..]);
        return record;
    }

    private static DateTimeOffset Later(DateTimeOffset time, TimeSpan delay) =>
        delay < DateTimeOffset.MaxValue - time ? time + delay : DateTimeOffset.MaxValue;
}
