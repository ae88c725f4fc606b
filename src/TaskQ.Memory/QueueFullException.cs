namespace TaskQ.Memory;

/// <summary>An add found the queue at its <see cref="MemoryOptions.Capacity"/>; nothing was stored.</summary>
public sealed class QueueFullException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public QueueFullException()
        : base("The queue is full.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">The message.</param>
    public QueueFullException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public QueueFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal static QueueFullException Create(string queue, int capacity) => new(
        $"Queue '{queue}' is full: {capacity} messages wait (MemoryOptions.Capacity). "
        + "Add later, raise Capacity, or let adds wait with MemoryOptions.FullMode = CapacityMode.Wait.");
}
