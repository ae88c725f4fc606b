using System.Buffers.Binary;
using System.Text;
using TaskQ.Backend;

namespace TaskQ.Sql.Outbox;

/// <summary>
/// What the outbox keeps of a message besides its frame: 1 byte version, 1 byte flags (1 it is due at a time, 2 it has a name, 4 which
/// lasts until it ends, 8 which replaces a pending one, 16 it is due at a time of the outbox's database), 8 bytes time of the add and 8 bytes due time in ticks of UTC, 16 bytes key of the
/// name and 8 bytes its window in ticks, 2 bytes length of the task's name and the name in UTF-8, then the frame. Numbers are big-endian.
/// </summary>
internal static class OutboxEnvelope
{
    private const byte Version = 1;
    private const int FixedLength = 44;

    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Due = 1,
        Name = 2,
        UntilFinished = 4,
        ReplacePending = 8,
        Delayed = 16,
    }

    /// <summary>Makes messages of the outbox: due at once and without names, with what they are in their bodies.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="now">The database's time, from which delays count: clocks of producers may be wrong.</param>
    public static NewMessage[] Wrap(ReadOnlySpan<NewMessage> messages, DateTimeOffset now)
    {
        var wrapped = new NewMessage[messages.Length];
        for (int i = 0; i < wrapped.Length; i++)
        {
            ref readonly NewMessage message = ref messages[i];
            wrapped[i] = message with { Body = new MessageBody(Write(message, now)), Delay = TimeSpan.Zero, DueAt = null, Name = null };
        }

        return wrapped;
    }

    /// <summary>The message as it goes to its queue, which knows it again by its id: that is its name, or is kept beside the name that it has.</summary>
    /// <param name="delivery">What the outbox keeps.</param>
    /// <param name="hasNames">Whether the queue's store keeps names.</param>
    /// <param name="now">The database's time, for those that are delayed.</param>
    /// <exception cref="InvalidDataException">A later version wrote it, or it is damaged.</exception>
    public static NewMessage Unwrap(Delivery delivery, bool hasNames, DateTimeOffset now)
    {
        ReadOnlySpan<byte> bytes = delivery.Body.Frame;
        if (bytes.Length < FixedLength || bytes[0] != Version)
        {
            throw new InvalidDataException($"Message {delivery.Id} of the outbox is of version {(bytes.Length == 0 ? "none" : bytes[0])}, which is not known here, or is damaged.");
        }

        var parts = (Parts)bytes[1];
        int taskLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[42..]);
        if (bytes.Length < FixedLength + taskLength)
        {
            throw new InvalidDataException($"Message {delivery.Id} of the outbox is damaged.");
        }

        MessageName? name = null;
        if (parts.HasFlag(Parts.Name))
        {
            name = new MessageName(
                BinaryPrimitives.ReadUInt128BigEndian(bytes[18..]),
                new TimeSpan(BinaryPrimitives.ReadInt64BigEndian(bytes[34..])),
                parts.HasFlag(Parts.UntilFinished),
                parts.HasFlag(Parts.ReplacePending) ? DedupeMode.ReplacePending : DedupeMode.KeepFirst);
        }
        else if (hasNames)
        {
            name = MessageName.OfId(delivery.Id);
        }

        var enqueued = new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes[2..]), TimeSpan.Zero);
        DateTimeOffset? due = parts.HasFlag(Parts.Due) ? new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes[10..]), TimeSpan.Zero) : null;
        TimeSpan delay = TimeSpan.Zero;
        if (due is { } end && parts.HasFlag(Parts.Delayed))
        {
            // What is left of it; the queue's clock may be another one.
            delay = end > now ? end - now : TimeSpan.Zero;
            due = null;
        }

        string task = Encoding.UTF8.GetString(bytes.Slice(FixedLength, taskLength));
        return new NewMessage(delivery.Id, new MessageBody(bytes[(FixedLength + taskLength)..].ToArray()), task, enqueued, delay, due, name)
        {
            KeepsId = hasNames && parts.HasFlag(Parts.Name),

            // By this relay or one that died: who knows.
            IsRepeated = true,
        };
    }

    /// <summary>Whether the database's time must be known to unwrap it.</summary>
    public static bool IsDelayed(Delivery delivery) => delivery.Body.Frame is { Length: > 1 } bytes && ((Parts)bytes[1]).HasFlag(Parts.Delayed);

    private static byte[] Write(in NewMessage message, DateTimeOffset now)
    {
        byte[] frame = message.Body.Frame!;
        byte[] task = Encoding.UTF8.GetBytes(message.TaskName);
        var bytes = new byte[FixedLength + task.Length + frame.Length];
        Parts parts = Parts.None;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), message.EnqueuedAt.UtcTicks);

        // A delay counts from the add, not from the relay.
        bool isDelayed = message.DueAt is null && message.Delay > TimeSpan.Zero;
        if ((isDelayed ? Later(now, message.Delay) : message.DueAt) is { } time)
        {
            parts |= Parts.Due | (isDelayed ? Parts.Delayed : 0);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(10), time.UtcTicks);
        }

        if (message.Name is { } name)
        {
            parts |= Parts.Name | (name.UntilFinished ? Parts.UntilFinished : 0) | (name.Mode == DedupeMode.ReplacePending ? Parts.ReplacePending : 0);
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(18), name.Key);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(34), name.Window.Ticks);
        }

        bytes[0] = Version;
        bytes[1] = (byte)parts;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(42), checked((ushort)task.Length));
        task.CopyTo(bytes, FixedLength);
        frame.CopyTo(bytes, FixedLength + task.Length);
        return bytes;
    }

    private static DateTimeOffset Later(DateTimeOffset time, TimeSpan delay) =>
        delay < DateTimeOffset.MaxValue - time ? time + delay : DateTimeOffset.MaxValue;
}
