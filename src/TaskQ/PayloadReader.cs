namespace TaskQ;

/// <summary>Reads one argument from the start of a payload.</summary>
/// <typeparam name="T">The type of the argument.</typeparam>
/// <param name="payload">The payload; afterwards, what follows the argument.</param>
/// <returns>The argument.</returns>
/// <exception cref="PayloadException">The bytes are no value of that type, or break a limit.</exception>
public delegate T PayloadReader<T>(ref ReadOnlyMemory<byte> payload);
