using System.Buffers;

namespace TaskQ;

/// <summary>The seam for another serializer of arguments; <see cref="MessagePackSerializer"/> is the default.</summary>
/// <remarks>
/// A payload is the count of the arguments, then the arguments one after the other. Readers and writers are asked
/// for once, when a task is registered, so a type that can't be serialized is refused there.
/// Implementations are safe for use by several threads.
/// </remarks>
public interface IPayloadSerializer
{
    /// <summary>Writes what goes before the arguments.</summary>
    /// <param name="output">Where it is written.</param>
    /// <param name="count">How many arguments follow.</param>
    void WriteCount(IBufferWriter<byte> output, int count);

    /// <summary>Reads what <see cref="WriteCount"/> wrote.</summary>
    /// <param name="payload">The payload; afterwards, the first argument.</param>
    /// <returns>How many arguments follow.</returns>
    /// <exception cref="PayloadException">The bytes are no payload.</exception>
    int ReadCount(ref ReadOnlyMemory<byte> payload);

    /// <summary>The writer for a type of argument.</summary>
    /// <typeparam name="T">The type of the argument; <see cref="object"/> writes by the type that the value has.</typeparam>
    /// <returns>The writer.</returns>
    /// <exception cref="PayloadException">The type can't be serialized.</exception>
    PayloadWriter<T> GetWriter<T>();

    /// <summary>The reader for a type of argument.</summary>
    /// <typeparam name="T">The type of the argument; <see cref="object"/> reads primitives and collections.</typeparam>
    /// <returns>The reader.</returns>
    /// <exception cref="PayloadException">The type can't be serialized.</exception>
    PayloadReader<T> GetReader<T>();
}
