namespace TaskQ;

/// <summary>Writes and reads the values of one type as MessagePack, in place of what TaskQ would do.</summary>
/// <remarks>
/// Register it with <see cref="MessagePackOptions.AddFormatter{T}"/>. It is used wherever the type occurs, also
/// inside of other types. Implementations are safe for use by several threads.
/// </remarks>
/// <typeparam name="T">The type.</typeparam>
public interface IMessagePackFormatter<T>
{
    /// <summary>Writes exactly one MessagePack value.</summary>
    /// <param name="writer">Where it is written.</param>
    /// <param name="value">The value; null is possible when the type has it.</param>
    /// <exception cref="PayloadException">The value can't be written.</exception>
    void Write(ref MessagePackWriter writer, T value);

    /// <summary>Reads exactly one MessagePack value, that <see cref="Write"/> or somebody hostile wrote.</summary>
    /// <param name="reader">Where it is read.</param>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">The bytes are no value of the type.</exception>
    T Read(ref MessagePackReader reader);
}
