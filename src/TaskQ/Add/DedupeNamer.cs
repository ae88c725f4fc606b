using System.Buffers.Binary;
using System.Security.Cryptography;
using TaskQ.Add.Encode;
using TaskQ.Backend;

namespace TaskQ.Add;

/// <summary>Makes the name that a message takes in the store. Pure: time comes in as a value.</summary>
internal static class DedupeNamer
{
    /// <summary>The name of a message, null when it has no rule.</summary>
    /// <exception cref="PayloadException">What the name is made of can't be written; the message names the task.</exception>
    public static MessageName? Make(TaskMessage message, QueueOptions options, DateTimeOffset now)
    {
        if (message.NameRule is not { } rule)
        {
            return null;
        }

        using var parts = new PooledBufferWriter();
        try
        {
            WriteOwner(parts, message, options, rule);
            WriteName(parts, message, options.Serializer, rule, now);
        }
        catch (Exception e)
        {
            // Whatever a serializer or a property of an argument throws: the message can't be named.
            throw new PayloadException($"The name of a message of task '{message.TaskName}' can't be made: {e.Message}", e);
        }

        return new MessageName(
            Hash(parts.WrittenSpan),
            NameWindow.Of(message, rule, options.DeduplicationWindow, now),
            UntilFinished: rule.Kind == NameKind.Unique,
            rule.Mode);
    }

    /// <summary>Strings carry their length, so no two different triples of queue, task and name have the same bytes.</summary>
    private static void WriteOwner(PooledBufferWriter parts, TaskMessage message, QueueOptions options, NameRule rule)
    {
        var writer = new FieldWriter(parts, sizeHint: 0);
        WriteString(ref writer, options.Name);
        WriteString(ref writer, message.TaskName);
        writer.WriteInt64((long)rule.Kind);
        if (rule.Kind == NameKind.Explicit)
        {
            WriteString(ref writer, rule.Name!);
        }

        writer.Flush();
    }

    private static void WriteName(
        PooledBufferWriter parts,
        TaskMessage message,
        IPayloadSerializer serializer,
        NameRule rule,
        DateTimeOffset now)
    {
        if (rule.Kind == NameKind.Period)
        {
            WriteSlot(parts, rule, now);
            if (rule.Key.Length > 0)
            {
                WriteKey(parts, serializer, rule.Key);
                return;
            }
        }

        if (rule.Kind != NameKind.Explicit)
        {
            message.Arguments.WriteCanonical(serializer, parts);
        }
    }

    private static void WriteSlot(PooledBufferWriter parts, NameRule rule, DateTimeOffset now)
    {
        var writer = new FieldWriter(parts, sizeHint: 0);
        writer.WriteInt64(rule.SlotLength.Ticks);
        writer.WriteInt64(TimeSlot.At(now, rule.SlotLength).Number);

        // A key never meets arguments: typed arguments and a key of the same values may have different bytes anyway.
        writer.WriteInt64(rule.Key.Length);
        writer.Flush();
    }

    /// <summary>Each part of a key is written by the type that it has.</summary>
    private static void WriteKey(PooledBufferWriter parts, IPayloadSerializer serializer, object?[] key)
    {
        PayloadWriter<object?> writer = CanonicalWriter.For<object?>(serializer);
        foreach (object? part in key)
        {
            writer(parts, part);
        }
    }

    private static void WriteString(ref FieldWriter writer, string value)
    {
        if (!writer.TryWriteString(value))
        {
            throw new PayloadException("It is not valid Unicode: it has half a surrogate pair.");
        }
    }

    /// <summary>
    /// A name may come from a stranger, who must not find two that meet: hence a cryptographic hash, not a fast one.
    /// Half of SHA-256 (FIPS 180-4) leaves 64 bits of work to find any two, and far more to meet a given one.
    /// </summary>
    private static UInt128 Hash(ReadOnlySpan<byte> parts)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(parts, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
