namespace TaskQ;

/// <summary>A failure whose retry waits as long as the handler says.</summary>
public sealed class RetryAfterException : Exception, IDelayedError
{
    /// <summary>Creates the exception with a delay of zero.</summary>
    public RetryAfterException()
        : this(TimeSpan.Zero, "The handler asked for a retry.")
    {
    }

    /// <summary>Creates the exception with a delay of zero.</summary>
    /// <param name="message">What went wrong.</param>
    public RetryAfterException(string message)
        : this(TimeSpan.Zero, message)
    {
    }

    /// <summary>Creates the exception with a delay of zero.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">What caused it.</param>
    public RetryAfterException(string message, Exception? innerException)
        : this(TimeSpan.Zero, message, innerException)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="delay">How long the retry waits; a negative value counts as zero.</param>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">What caused it.</param>
    public RetryAfterException(TimeSpan delay, string message, Exception? innerException = null)
        : base(message, innerException) => Delay = delay < TimeSpan.Zero ? TimeSpan.Zero : delay;

    /// <inheritdoc/>
    public TimeSpan Delay { get; }
}
