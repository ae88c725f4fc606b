namespace TaskQ;

/// <summary>Wraps every add to a queue; trace context goes into <see cref="TaskMessage.Headers"/> here.</summary>
/// <remarks>
/// It sees one message at a time, those of <see cref="TaskQueue.AddRangeAsync(IEnumerable{TaskMessage}, CancellationToken)"/> too: there the messages pass the hooks at
/// the same time. Those whose hooks call <c>next</c> at once are stored together; one whose hooks wait before that is stored alone.
/// </remarks>
public interface IProducerHook
{
    /// <summary>Runs round one add.</summary>
    /// <param name="message">The message that is added.</param>
    /// <param name="next">The rest of the hooks, then the add itself.</param>
    /// <returns>A task that ends when the message is added.</returns>
    Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next);

    /// <summary>As the other one, for a hook that must know the queue. This is the one that a queue calls. The default is to call the other one.</summary>
    /// <param name="queue">The queue that the message is added to.</param>
    /// <param name="message">The message that is added.</param>
    /// <param name="next">The rest of the hooks, then the add itself.</param>
    /// <returns>A task that ends when the message is added.</returns>
    Task InvokeAsync(TaskQueue queue, TaskMessage message, Func<TaskMessage, Task> next) => InvokeAsync(message, next);
}
