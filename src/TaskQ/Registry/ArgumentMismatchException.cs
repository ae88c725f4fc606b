namespace TaskQ.Registry;

/// <summary>The arguments of a message don't fit the handler: no retry can cure that.</summary>
internal sealed class ArgumentMismatchException(string message, Exception? innerException = null)
    : Exception(message, innerException);
