namespace TaskQ.Hosting;

/// <summary>The queues of a host. It is a service; a queue itself is one too, with its name as the key.</summary>
public interface IQueueRegistry
{
    /// <summary>The queues, in the order in which they were added.</summary>
    IReadOnlyCollection<TaskQueue> Queues { get; }

    /// <summary>Finds a queue.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="KeyNotFoundException">The host has no queue of that name; the message lists those that it has.</exception>
    TaskQueue Get(string name);
}
