using System.Buffers;

namespace TaskQ.Registry;

/// <summary>The arguments of a message, as values or still encoded.</summary>
internal abstract class MessageArguments
{
    /// <summary>How many there are.</summary>
    public abstract int Count { get; }

    /// <summary>One of them, boxed: for operators and catch-all handlers, not for dispatch.</summary>
    public abstract object? this[int index] { get; }

    /// <summary>Writes them as a payload: the count, then each.</summary>
    public abstract void Write(IPayloadSerializer serializer, IBufferWriter<byte> output);

    /// <summary>Writes them so that equal arguments have equal bytes, for a name that is made of them.</summary>
    public virtual void WriteCanonical(IPayloadSerializer serializer, IBufferWriter<byte> output) =>
        Write(serializer, output);
}
