using Microsoft.Extensions.Logging;
using TaskQ.Add.Encode;
using TaskQ.Backend;
using TaskQ.Finish;
using TaskQ.Registry;
using TaskQ.Telemetry;

namespace TaskQ.Dispatch;

/// <summary>Runs one delivery.</summary>
/// <remarks>
/// 1. Decode its frame. 2. Refuse what has crashed too often. 3. Find its task. 4. Call hooks and handler.
/// 5. Have the outcome decided (<see cref="OutcomeDecider"/>). 6. After the last attempt, call the fallback handler.
/// It never throws: whatever goes wrong becomes a settlement.
/// </remarks>
internal sealed partial class Dispatcher
{
    /// <summary>How long a frame of a later version waits for a process that can read it.</summary>
    public static readonly TimeSpan UnknownVersionDelay = TimeSpan.FromSeconds(30);

    private readonly TaskQueue _queue;
    private readonly FrameCodec _codec;
    private readonly TaskOptions _unknownTask;
    private readonly TaskDelegate? _hooks;
    private readonly TimeProvider _timeProvider;
    private readonly QueueMetrics _metrics;
    private readonly ILogger _logger;
    private readonly bool _hasScopes;
    private readonly bool _keepsErrors;

    public Dispatcher(TaskQueue queue, IReadOnlyList<IConsumerHook> hooks, ILogger logger)
    {
        _queue = queue;
        _codec = queue.Codec;
        _unknownTask = queue.Options.UnknownTask ?? new TaskOptions { Name = "unknown" };
        _hooks = hooks.Count == 0 ? null : HookChain.Build(hooks);
        _timeProvider = queue.Options.TimeProvider;
        _metrics = queue.Metrics;
        _logger = logger;
        _hasScopes = MessageScope.IsWanted(logger);
        _keepsErrors = queue.Capabilities.KeepsErrors;
    }

    public ValueTask<RunResult> RunAsync(Delivery delivery)
    {
        if (delivery.Running is { Reason: not CancelReason.None })
        {
            // Lost or cancelled while it waited for a worker.
            return new ValueTask<RunResult>(GivenBack(delivery));
        }

        if (!TryDecode(delivery, out TaskMessage? message, out RunResult refused))
        {
            return new ValueTask<RunResult>(refused);
        }

        return _hasScopes ? RunInScopeAsync(delivery, message) : RunAsync(delivery, message);
    }

    /// <summary>Runs a message whose frame is decoded.</summary>
    private ValueTask<RunResult> RunAsync(Delivery delivery, TaskMessage message)
    {
        TaskDefinition? definition = Find(message);
        TaskOptions options = definition?.Options ?? _unknownTask;
        if (delivery.Crashes >= options.CrashLimit || delivery.Attempt > options.RetryLimit)
        {
            return new ValueTask<RunResult>(Crashed(delivery, message, definition));
        }

        BoundHandler? handler = definition?.Handler;
        if (handler is null)
        {
            return FinishFailedAsync(delivery, message, definition, new UnknownTaskException(_queue.Name, message.TaskName));
        }

        if (_hooks is not null || handler.NeedsInvocation || options.Timeout is not null)
        {
            return RunWithInvocationAsync(delivery, message, definition!, handler);
        }

        long start = _metrics.StartRun(definition!, message);
        ValueTask run;
        try
        {
            run = handler.InvokeAsync(message.Arguments, null);
        }
#pragma warning disable CA1031 // A handler may throw anything; each becomes a settlement.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _metrics.EndRun(start, definition!, error.GetType());
            return FinishFailedAsync(delivery, message, definition, error);
        }

        if (run.IsCompletedSuccessfully)
        {
            run.GetAwaiter().GetResult();
            _metrics.EndRun(start, definition!, null);
            return new ValueTask<RunResult>(Completed(delivery));
        }

        return AwaitPlainAsync(run, start, delivery, message, definition!);
    }

    /// <summary>What becomes of a delivery whose run could not be carried through, by no fault of its handler: a counted retry, as long as the default limit allows.</summary>
    public RunResult Broken(Delivery delivery, Exception error)
    {
        TimeSpan delay = Backoff.Delay(delivery.Attempt, TaskDefaults.MinBackoff, TaskDefaults.MaxBackoff, Random.Shared.NextDouble());
        try
        {
            Log.RunBroken(_logger, error, _queue.Name, delivery.Id, delay);
        }
#pragma warning disable CA1031 // The logger itself may be what is broken; the message must go on.
        catch (Exception logging)
#pragma warning restore CA1031
        {
            System.Diagnostics.Debug.WriteLine(logging);
        }

        if (delivery.Attempt >= TaskDefaults.RetryLimit)
        {
            return Dead(delivery, null, DeadReason.RetriesExhausted, error);
        }

        _metrics.OnRetry(null, error);
        return new RunResult(RunStatus.Retried, new Settlement(delivery, SettlementKind.Retry, delay, Failure(delivery, error)));
    }

    /// <summary>How an attempt failed, null when nobody keeps it.</summary>
    private Death? Failure(Delivery delivery, Exception error) =>
        _keepsErrors ? new Death("", error.GetType().FullName, ErrorText.Of(error), delivery.Attempt) : null;

    private static RunResult Completed(Delivery delivery) =>
        new(RunStatus.Succeeded, new Settlement(delivery, SettlementKind.Complete));

    private static RunResult GivenBack(Delivery delivery, TimeSpan delay = default) =>
        new(RunStatus.Interrupted, new Settlement(delivery, SettlementKind.Release, delay));

    /// <summary>The task of a message; one that is only declared here counts as unknown, so a catch-all takes it.</summary>
    private TaskDefinition? Find(TaskMessage message)
    {
        TaskDefinition? definition = message.Definition is { } own && ReferenceEquals(own.Queue, _queue)
            ? own
            : _queue.FindTask(message.TaskName);
        return definition is { Handler: null } ? _queue.FindTask(TaskRegistry.CatchAll) ?? definition : definition;
    }

    private async ValueTask<RunResult> AwaitPlainAsync(
        ValueTask run, long start, Delivery delivery, TaskMessage message, TaskDefinition definition)
    {
        try
        {
            await run.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A handler may throw anything; each becomes a settlement.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _metrics.EndRun(start, definition, error.GetType());
            return await FinishFailedAsync(delivery, message, definition, error).ConfigureAwait(false);
        }

        _metrics.EndRun(start, definition, null);
        return Completed(delivery);
    }

    private bool TryDecode(Delivery delivery, out TaskMessage message, out RunResult refused)
    {
        refused = default;
        if (delivery.Body.Message is { } reference)
        {
            message = UnderItsId(reference, delivery);
            return true;
        }

        try
        {
            message = UnderItsId(_codec.Decode(delivery.Body.Frame), delivery);
            return true;
        }
        catch (UnknownFrameVersionException error)
        {
            Log.FrameVersionUnknown(_logger, delivery.Id, error.Version);
            refused = GivenBack(delivery, UnknownVersionDelay);
        }
        catch (PayloadException error)
        {
            Log.FrameUndecodable(_logger, error, delivery.Id);
            refused = Dead(delivery, null, DeadReason.Undecodable, error);
        }

        message = null!;
        return false;
    }

    /// <summary>A message that replaced another one runs under the id of that one.</summary>
    private static TaskMessage UnderItsId(TaskMessage message, Delivery delivery)
    {
        TaskMessage result = message.Id == delivery.Id ? message : message.WithId(delivery.Id);
        result.Attempt = delivery.Attempt;
        return result;
    }

    private RunResult Crashed(Delivery delivery, TaskMessage message, TaskDefinition? definition)
    {
        _metrics.OnDead(definition, DeadReason.Crashed, null);
        Log.Crashed(_logger, message.TaskName, delivery.Id, delivery.Crashes);
        var death = new Death(DeadReason.Crashed, null, null, delivery.Attempt - 1);
        return new RunResult(RunStatus.Failed, new Settlement(delivery, SettlementKind.Dead, Death: death));
    }

    private RunResult Dead(Delivery delivery, TaskDefinition? definition, string reason, Exception error)
    {
        _metrics.OnDead(definition, reason, error);
        return new RunResult(RunStatus.Failed, new Settlement(
            delivery,
            SettlementKind.Dead,
            Death: new Death(reason, error.GetType().FullName, ErrorText.Of(error), delivery.Attempt)));
    }
}
