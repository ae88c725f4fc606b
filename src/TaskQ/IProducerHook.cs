namespace TaskQ;

/// <summary>Wraps every add to a queue; trace context goes into <see cref="TaskMessage.Headers"/> here.</summary>
public interface IProducerHook
{
    /// <summary>Runs round one add.</summary>
    /// <param name="message">The message that is added.</param>
    /// <param name="next">The rest of the hooks, then the add itself.</param>
    /// <returns>A task that ends when the message is added.</returns>
    Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next);
}
