namespace TaskQ;

/// <summary>Wraps every handler of a consumer, as middleware does: it may time it, trace it, catch for it, or not call it.</summary>
/// <remarks>A hook that returns without calling <c>next</c>, or that swallows the handler's exception, completes the message.</remarks>
public interface IConsumerHook
{
    /// <summary>Runs round one message.</summary>
    /// <param name="context">The run.</param>
    /// <param name="next">The rest of the hooks, then the handler.</param>
    /// <returns>A task that ends when the message is done with.</returns>
    Task InvokeAsync(TaskContext context, TaskDelegate next);
}
