using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Add;

namespace TaskQ.Redis.Store;

/// <summary>The arguments of the scripts that add.</summary>
internal static class AddArguments
{
    private const int IdLength = 16;
    private const int HeadLength = 17;

    [Flags]
    private enum Head : byte
    {
        None = 0,
        Delayed = 1,
        Due = 2,
        UntilFinished = 4,
        ReplacePending = 8,
        Repeated = 16,
        KeepsId = 32,
    }

    /// <summary>Whether all are without a name and due at once.</summary>
    public static bool ArePlain(ReadOnlySpan<NewMessage> messages)
    {
        foreach (ref readonly NewMessage message in messages)
        {
            if (!IsPlain(message))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a message costs the server, as a multiple of a plain one.</summary>
    public static int WeightOf(in NewMessage message) =>
        IsPlain(message) ? 1 : (message.Name is { Mode: DedupeMode.ReplacePending } ? 5 : 3) + (message.KeepsId ? 1 : 0);

    private static bool IsPlain(in NewMessage message) =>
        message is { Name: null, DueAt: null, IsRepeated: false } && message.Delay <= TimeSpan.Zero;

    /// <summary>Those of add-plain.lua.</summary>
    public static RedisValue[] WritePlain(ReadOnlySpan<NewMessage> messages, AddCall call)
    {
        var arguments = new RedisValue[4 + messages.Length];
        arguments[0] = call.Lane;
        arguments[1] = Number(call);
        arguments[2] = Keep(call);
        arguments[3] = WriteIds(messages);
        WriteRecords(messages, arguments.AsSpan(4));
        return arguments;
    }

    /// <summary>Those of add.lua; the backend puts the time before them.</summary>
    public static RedisValue[] Write(ReadOnlySpan<NewMessage> messages, AddCall call, bool isRepeated)
    {
        byte[] heads = WriteHeads(messages);
        var arguments = new RedisValue[7 + messages.Length];
        arguments[1] = isRepeated ? "1" : "0";
        arguments[2] = call.Lane;
        arguments[3] = Number(call);
        arguments[4] = Keep(call);
        arguments[5] = WriteIds(messages);
        arguments[6] = heads;
        WriteRecords(messages, arguments.AsSpan(7));
        return arguments;
    }

    /// <summary>So that numbers compare as texts.</summary>
    private static string Number(AddCall call) => call.Number.ToString("D16", CultureInfo.InvariantCulture);

    private static RedisValue Keep(AddCall call) => call.KeepsLane ? "PX" : "KEEPTTL";

    private static byte[] WriteIds(ReadOnlySpan<NewMessage> messages)
    {
        var ids = new byte[IdLength * messages.Length];
        for (int i = 0; i < messages.Length; i++)
        {
            messages[i].Id.TryWriteBytes(ids.AsSpan(IdLength * i), bigEndian: true, out _);
        }

        return ids;
    }

    private static void WriteRecords(ReadOnlySpan<NewMessage> messages, Span<RedisValue> records)
    {
        for (int i = 0; i < messages.Length; i++)
        {
            records[i] = MessageRecord.Write(messages[i]);
        }
    }

    /// <summary>One head when all are the same, as they mostly are.</summary>
    private static byte[] WriteHeads(ReadOnlySpan<NewMessage> messages)
    {
        var heads = new byte[HeadLength * messages.Length];
        bool areSame = true;
        for (int i = 0; i < messages.Length; i++)
        {
            Span<byte> head = heads.AsSpan(HeadLength * i, HeadLength);
            WriteHead(messages[i], head);
            areSame &= head.SequenceEqual(heads.AsSpan(0, HeadLength));
        }

        return areSame ? heads[..HeadLength] : heads;
    }

    private static void WriteHead(in NewMessage message, Span<byte> head)
    {
        var flags = message.IsRepeated ? Head.Repeated : Head.None;
        double time = 0;
        if (message.DueAt is { } due)
        {
            flags |= Head.Due;
            time = StoreTime.FromDueTime(due);
        }
        else if (message.Delay > TimeSpan.Zero)
        {
            flags |= Head.Delayed;
            time = StoreTime.FromSpan(message.Delay);
        }

        double window = 0;
        if (message.Name is { } name)
        {
            flags |= name.UntilFinished ? Head.UntilFinished : Head.None;
            flags |= name.Mode == DedupeMode.ReplacePending ? Head.ReplacePending : Head.None;
            flags |= message.KeepsId ? Head.KeepsId : Head.None;
            window = StoreTime.FromSpan(name.Window);
        }

        head[0] = (byte)flags;
        BinaryPrimitives.WriteDoubleBigEndian(head[1..], time);
        BinaryPrimitives.WriteDoubleBigEndian(head[9..], window);
    }
}
