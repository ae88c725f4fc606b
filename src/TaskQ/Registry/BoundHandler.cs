using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>A handler compiled at registration: takes arguments and calls the delegate without reflection.</summary>
internal sealed class BoundHandler
{
    /// <summary>Whether the handler takes anything but payload arguments, so that it needs an <see cref="Invocation"/>.</summary>
    public bool NeedsInvocation { get; init; }

    /// <summary>Whether it can see a cancellation: takes a token or a context.</summary>
    public bool ObservesCancellation { get; init; }

    /// <summary>Calls the handler. A synchronous exception is thrown, an asynchronous one is in the task.</summary>
    /// <exception cref="ArgumentMismatchException">The arguments don't fit the handler's parameters.</exception>
    public ValueTask InvokeAsync(MessageArguments arguments, Invocation? invocation) =>
        throw new NotImplementedException();
}
