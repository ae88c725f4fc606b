using System.Buffers.Binary;

namespace TaskQ.Backend;

/// <summary>The name that a message takes in a store.</summary>
/// <param name="Key">A 128-bit hash over queue, task and name.</param>
/// <param name="Window">How long the name is taken, from the add on; for a name that lasts until the message ends, a bound in case that is never learned.</param>
/// <param name="UntilFinished">Whether the name is free as soon as the message is completed, dead or cancelled.</param>
/// <param name="Mode">What an add under a taken name does.</param>
public sealed record MessageName(UInt128 Key, TimeSpan Window, bool UntilFinished, DedupeMode Mode)
{
    /// <summary>How long an id is known as a name: one hour.</summary>
    public static TimeSpan IdWindow { get; } = TimeSpan.FromHours(1);

    /// <summary>An id as a name, by which a store knows a message again even when it has ended, for <see cref="IdWindow"/>.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The name; its key is the id.</returns>
    public static MessageName OfId(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new MessageName(BinaryPrimitives.ReadUInt128BigEndian(bytes), IdWindow, UntilFinished: false, DedupeMode.KeepFirst);
    }
}
