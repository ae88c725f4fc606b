namespace TaskQ.Dispatch;

/// <summary>No task of a message's name has a handler here; a newer worker may know it.</summary>
internal sealed class UnknownTaskException(string queueName, string taskName)
    : Exception($"No handler for task '{taskName}' is registered on queue '{queueName}'.");
