using TaskQ.Backend;
using TaskQ.Finish;
using TaskQ.Telemetry;

namespace TaskQ.Dispatch;

/// <content>What follows a failed run.</content>
internal sealed partial class Dispatcher
{
    private ValueTask<RunResult> FinishFailedAsync(
        Delivery delivery, TaskMessage message, TaskDefinition? definition, Exception error)
    {
        TaskOptions options = definition is { Handler: not null } known ? known.Options : _unknownTask;
        Outcome outcome = OutcomeDecider.Decide(
            options, message, delivery.Attempt, error, Random.Shared.NextDouble(), out Exception? policyError);
        if (policyError is not null)
        {
            Log.RetryDelayFailed(_logger, policyError, message.TaskName, delivery.Id);
        }

        if (outcome.Kind == OutcomeKind.Retry)
        {
            Log.Retrying(_logger, error, message.TaskName, delivery.Id, delivery.Attempt, outcome.Delay);
            _metrics.OnRetry(definition, error);
            return new ValueTask<RunResult>(
                new RunResult(RunStatus.Retried, new Settlement(delivery, SettlementKind.Retry, outcome.Delay, Failure(delivery, error))));
        }

        Log.Failed(_logger, error, message.TaskName, delivery.Id, delivery.Attempt, outcome.Reason!);
        return definition?.Fallback is null
            ? new ValueTask<RunResult>(Dead(delivery, definition, outcome.Reason!, error))
            : FallBackAsync(delivery, message, definition, error, outcome.Reason!);
    }

    private async ValueTask<RunResult> FallBackAsync(
        Delivery delivery, TaskMessage message, TaskDefinition definition, Exception error, string reason)
    {
        RunningHandler running = delivery.Track();
        CancellationToken token = running.Begin(definition.Options.Timeout, _timeProvider);
        var invocation = new Invocation(message, _queue, token) { Error = error };
        Exception? fallbackError = await CallAsync(
            running,
            invocation,
            () => definition.Fallback!.InvokeAsync(message.Arguments, invocation).AsTask()).ConfigureAwait(false);
        if (fallbackError is not null && running.Reason is CancelReason.Shutdown)
        {
            return GivenBack(delivery);
        }

        _metrics.OnFallback(definition, fallbackError);
        if (fallbackError is not null)
        {
            Log.FallbackFailed(_logger, fallbackError, message.TaskName, delivery.Id);
            return Dead(delivery, definition, reason, error);
        }

        return definition.Options.DeadLetterAfterFallback
            ? Dead(delivery, definition, reason, error)
            : new RunResult(RunStatus.Failed, new Settlement(delivery, SettlementKind.Complete));
    }
}
