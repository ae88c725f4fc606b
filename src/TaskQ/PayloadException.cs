namespace TaskQ;

/// <summary>A value that can't be written, or bytes that can't be read.</summary>
public sealed class PayloadException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PayloadException()
        : base("The payload can't be read or written.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and where.</param>
    public PayloadException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="innerException">What caused it.</param>
    public PayloadException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
