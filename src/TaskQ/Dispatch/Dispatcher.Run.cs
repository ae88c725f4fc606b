using TaskQ.Backend;
using TaskQ.Registry;
using TaskQ.Telemetry;

namespace TaskQ.Dispatch;

/// <content>Runs that have hooks, a timeout, or a handler that takes more than its arguments.</content>
internal sealed partial class Dispatcher
{
    private async ValueTask<RunResult> RunWithInvocationAsync(
        Delivery delivery, TaskMessage message, TaskDefinition definition, BoundHandler handler)
    {
        RunningHandler running = delivery.Track();
        CancellationToken token = running.Begin(definition.Options.Timeout, _timeProvider);
        var invocation = new Invocation(message, _queue, token) { Handler = handler };
        long start = _metrics.StartRun(definition, message);
        Exception? error = await CallAsync(running, invocation, () => Start(invocation)).ConfigureAwait(false);
        _metrics.EndRun(start, definition, ErrorTypeOf(running, invocation, error));

        switch (running.Reason)
        {
            case CancelReason.Timeout:
                error = new TimeoutException(
                    $"Task '{message.TaskName}' did not end within its timeout of {definition.Options.Timeout}.", error);
                break;
            case CancelReason.Shutdown or CancelReason.LeaseLost or CancelReason.Operator when error is not null:
                return GivenBack(delivery);
        }

        if (error is null)
        {
            return Completed(delivery);
        }

        if (invocation.HandlerSucceeded && running.Reason != CancelReason.Timeout)
        {
            Log.HookFailedAfterSuccess(_logger, error, message.TaskName, delivery.Id);
            return Completed(delivery);
        }

        return await FinishFailedAsync(delivery, message, definition, error).ConfigureAwait(false);
    }

    /// <summary>How the handler failed, for the metrics; what its hooks threw after its success is not its failure.</summary>
    private static Type? ErrorTypeOf(RunningHandler running, Invocation invocation, Exception? error) => running.Reason switch
    {
        CancelReason.Timeout => typeof(TimeoutException),
        _ => invocation.HandlerSucceeded ? null : error?.GetType(),
    };

    /// <summary>What handler, hooks and the dispatcher itself log of the message bears its queue, task, id and attempt.</summary>
    private async ValueTask<RunResult> RunInScopeAsync(Delivery delivery, TaskMessage message)
    {
        IDisposable? scope = _logger.BeginScope(new MessageScope(_queue.Name, message.TaskName, delivery.Id, delivery.Attempt));
        try
        {
            return await RunAsync(delivery, message).ConfigureAwait(false);
        }
        finally
        {
            MessageScope.End(scope);
        }
    }

    private Task Start(Invocation invocation) =>
        _hooks is null
            ? invocation.Handler!.InvokeAsync(invocation.Message.Arguments, invocation).AsTask()
            : _hooks(invocation.Context);

    /// <summary>Calls user code and waits for it, though not beyond its timeout; returns its exception, or one for the timeout.</summary>
    private async ValueTask<Exception?> CallAsync(RunningHandler running, Invocation invocation, Func<Task> call)
    {
        Task? task = null;
        Exception? error = null;
        try
        {
            task = call() ?? throw new InvalidOperationException(
                $"A hook or handler of task '{invocation.Message.TaskName}' returned null instead of a task.");
            if (running.Abandoned is { } abandoned && !task.IsCompleted
                && await Task.WhenAny(task, abandoned).ConfigureAwait(false) != task)
            {
                Log.HandlerAbandoned(_logger, invocation.Message.TaskName, invocation.Message.Id);
                running.End();
                _ = DisposeWhenEndedAsync(task, invocation);

                // Never null: code that has not ended must not pass for one that succeeded, whatever cancelled it first.
                return new TimeoutException($"Task '{invocation.Message.TaskName}' ignores that its time is up.");
            }

            await task.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // User code may throw anything; each becomes a settlement.
        catch (Exception thrown)
        {
            error = thrown;
        }

        running.End();
        try
        {
            await invocation.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            Log.ScopeDisposalFailed(_logger, thrown, invocation.Message.TaskName, invocation.Message.Id);
        }

        return error;
    }

    /// <summary>Looks after a handler that outstayed its timeout: its late exception is logged, its scope disposed.</summary>
    private async Task DisposeWhenEndedAsync(Task task, Invocation invocation)
    {
        try
        {
            await task.ConfigureAwait(false);
            await invocation.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Nobody else is left to see it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.AbandonedHandlerFailed(_logger, error, invocation.Message.TaskName, invocation.Message.Id);
        }
    }
}
