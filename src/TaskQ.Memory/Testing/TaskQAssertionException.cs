namespace TaskQ.Memory.Testing;

/// <summary>An assertion of <see cref="TaskQTestHarness"/> failed. Every test framework reports it as a failure.</summary>
public sealed class TaskQAssertionException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TaskQAssertionException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What was expected, and what was found.</param>
    public TaskQAssertionException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">What was expected, and what was found.</param>
    /// <param name="innerException">The cause.</param>
    public TaskQAssertionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
