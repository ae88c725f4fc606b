namespace TaskQ.Sql;

/// <summary>The database could not be reached, or refused a statement.</summary>
public sealed class SqlUnavailableException : Exception
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public SqlUnavailableException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What went wrong.</param>
    public SqlUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">The driver's exception.</param>
    public SqlUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
