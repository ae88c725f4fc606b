namespace TaskQ.Bench;

/// <summary>A run whose figures must not be believed: messages were lost, doubled, or never ran.</summary>
internal sealed class BenchException(string message, Exception? innerException = null) : Exception(message, innerException);
