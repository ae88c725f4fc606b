namespace TaskQ;

/// <summary>A failure that no retry can cure: straight to the fallback handler, then the dead letters.</summary>
public sealed class SkipRetryException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SkipRetryException()
        : base("The handler asked not to be retried.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    public SkipRetryException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">What caused it.</param>
    public SkipRetryException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
