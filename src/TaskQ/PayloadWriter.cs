using System.Buffers;

namespace TaskQ;

/// <summary>Writes one argument.</summary>
/// <typeparam name="T">The type of the argument.</typeparam>
/// <param name="output">Where it is written.</param>
/// <param name="value">The argument.</param>
/// <exception cref="PayloadException">The value can't be written.</exception>
public delegate void PayloadWriter<in T>(IBufferWriter<byte> output, T value);
