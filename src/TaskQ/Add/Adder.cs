using System.Runtime.CompilerServices;
using TaskQ.Backend;
using TaskQ.Registry;
using TaskQ.Telemetry;
using StoreRange = System.Func<System.ReadOnlyMemory<TaskQ.Backend.NewMessage>, System.Threading.CancellationToken, System.Threading.Tasks.ValueTask<TaskQ.AddResult[]>>;

namespace TaskQ.Add;

/// <summary>Adds messages to the store.</summary>
/// <remarks>1. Run the hooks. 2. Validate. 3. Name. 4. Encode. 5. Store. A failure before the last step takes no name.</remarks>
internal sealed class Adder
{
    private readonly TaskQueue _queue;
    private readonly IQueueBackend _backend;
    private readonly TimeProvider _timeProvider;
    private readonly BackendCapabilities _capabilities;
    private readonly bool _passesReferences;
    private readonly Lock _hookLock = new();
    private IProducerHook[] _hooks = [];

    public Adder(TaskQueue queue)
    {
        _queue = queue;
        _backend = queue.Backend;
        _timeProvider = queue.Options.TimeProvider;
        _capabilities = _backend.Capabilities;
        _passesReferences = _capabilities.PassesReferences;
    }

    public void AddHook(IProducerHook hook)
    {
        lock (_hookLock)
        {
            _hooks = [.. _hooks, hook];
        }
    }

    public Task<AddResult> AddAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<AddResult>(cancellationToken);
        }

        return _hooks.Length == 0
            ? StoreAsync(message, cancellationToken)
            : AddHookedAsync(message, cancellationToken);
    }

    public async Task<IReadOnlyList<AddResult>> AddRangeAsync(IEnumerable<TaskMessage> messages, StoreRange store, CancellationToken cancellationToken)
    {
        TaskMessage[] all = [.. messages];
        if (all.Length == 0)
        {
            return [];
        }

        if (_hooks.Length > 0)
        {
            return await AddRangeThroughHooksAsync(all, store, cancellationToken).ConfigureAwait(false);
        }

        return await StoreRangeAsync(all, store, cancellationToken).ConfigureAwait(false);
    }

    // A method of its own: a closure is allocated where the method begins that has it, hooks or not.
    private Task<AddResult> AddHookedAsync(TaskMessage message, CancellationToken cancellationToken) =>
        AddThroughHooksAsync(message, added => StoreAsync(added, cancellationToken));

    private async Task<AddResult[]> AddRangeThroughHooksAsync(TaskMessage[] messages, StoreRange store, CancellationToken cancellationToken)
    {
        var range = new HookedRange();
        Task<AddResult>[] adds = Array.ConvertAll(
            messages,
            message => AddThroughHooksAsync(message, added => range.TryJoin(added) ?? StoreLateAsync(added)));
        await range.StoreAsync(together => StoreRangeAsync(together, store, cancellationToken)).ConfigureAwait(false);
        return await Task.WhenAll(adds).ConfigureAwait(false);

        async Task<AddResult> StoreLateAsync(TaskMessage message) => (await StoreRangeAsync([message], store, cancellationToken).ConfigureAwait(false))[0];
    }

    private async Task<AddResult> AddThroughHooksAsync(TaskMessage message, Func<TaskMessage, Task<AddResult>> store)
    {
        AddResult? result = null;
        Func<TaskMessage, Task> next = async added => result = await store(added).ConfigureAwait(false);
        for (int i = _hooks.Length - 1; i >= 0; i--)
        {
            IProducerHook hook = _hooks[i];
            Func<TaskMessage, Task> inner = next;
            next = added => hook.InvokeAsync(_queue, added, inner);
        }

        await next(message).ConfigureAwait(false);
        return result ?? throw new InvalidOperationException(
            $"A hook of queue '{_queue.Name}' did not add message {message.Id} of task '{message.TaskName}': it must call next or throw.");
    }

    private Task<AddResult> StoreAsync(TaskMessage message, CancellationToken cancellationToken) =>
        _queue.Metrics.WatchesAdds ? StoreMeasuredAsync(message, cancellationToken) : StoreUnmeasuredAsync(message, cancellationToken);

    private async Task<AddResult> StoreMeasuredAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        QueueMetrics metrics = _queue.Metrics;
        long start = metrics.StartCall();
        AddResult result;
        try
        {
            result = await StoreUnmeasuredAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            metrics.EndCall(start, ClientCall.Add, error);
            metrics.OnSent(1, 0, error);
            throw;
        }

        metrics.EndCall(start, ClientCall.Add, null);
        metrics.OnSent(1, result.IsDuplicate ? 1 : 0, null);
        return result;
    }

    private Task<AddResult> StoreUnmeasuredAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        ValueTask<AddResult> adding;
        try
        {
            NewMessage prepared = Prepare(message);
            try
            {
                adding = _backend.AddAsync(prepared, cancellationToken);
            }
            catch
            {
                message.UndoAdd();
                throw;
            }
        }
#pragma warning disable CA1031 // An async method reports what went wrong in its task.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Task.FromException<AddResult>(error);
        }

        if (adding.IsCompletedSuccessfully)
        {
            AddResult result = adding.GetAwaiter().GetResult();
            if (result.IsDuplicate)
            {
                message.UndoAdd();
            }

            return Task.FromResult(result);
        }

        return AwaitStoredAsync(adding, message);
    }

    private static async Task<AddResult> AwaitStoredAsync(ValueTask<AddResult> adding, TaskMessage message)
    {
        AddResult result;
        try
        {
            result = await adding.ConfigureAwait(false);
        }
        catch
        {
            // It may be added again: its id is the same, so the store does not keep it twice.
            message.UndoAdd();
            throw;
        }

        if (result.IsDuplicate)
        {
            message.UndoAdd();
        }

        return result;
    }

    private async Task<AddResult[]> StoreRangeAsync(TaskMessage[] messages, StoreRange store, CancellationToken cancellationToken)
    {
        NewMessage[] prepared = PrepareAll(messages);
        var results = new AddResult[prepared.Length];
        int batch = _backend.Capabilities.MaxAddBatch;
        for (int start = 0; start < prepared.Length; start += batch)
        {
            int count = Math.Min(batch, prepared.Length - start);
            long callStart = _queue.Metrics.StartCall();
            try
            {
                AddResult[] part = await store(prepared.AsMemory(start, count), cancellationToken).ConfigureAwait(false);
                part.CopyTo(results, start);
                _queue.Metrics.EndCall(callStart, ClientCall.Add, null);
                _queue.Metrics.OnSent(part);
            }
            catch (Exception error)
            {
                _queue.Metrics.EndCall(callStart, ClientCall.Add, error);
                _queue.Metrics.OnSent(count, 0, error);
                Undo(messages.AsSpan(start));
                throw;
            }
        }

        for (int i = 0; i < results.Length; i++)
        {
            if (results[i].IsDuplicate)
            {
                messages[i].UndoAdd();
            }
        }

        return results;
    }

    private NewMessage[] PrepareAll(TaskMessage[] messages)
    {
        var prepared = new NewMessage[messages.Length];
        int done = 0;
        try
        {
            for (; done < messages.Length; done++)
            {
                prepared[done] = Prepare(messages[done]);
            }
        }
        catch
        {
            Undo(messages.AsSpan(0, done));
            throw;
        }

        return prepared;
    }

    private NewMessage Prepare(TaskMessage message)
    {
        Validate(message);
        DateTimeOffset now = _timeProvider.GetUtcNow();
        CapabilityCheck.Add(message, _capabilities, now);
        bool isRepeated = message.WasReturned;
        if (!message.TryBeginAdd(now))
        {
            throw new InvalidOperationException(
                $"Message {message.Id} of task '{message.TaskName}' has been added already; create a new one with WithArgs.");
        }

        try
        {
            MessageName? name = message.NameRule is null ? null : DedupeNamer.Make(message, _queue.Options, now);
            MessageBody body = _passesReferences ? new MessageBody(message) : new MessageBody(_queue.Codec.Encode(message));
            return new NewMessage(message.Id, body, message.TaskName, now, message.Delay, message.Schedule, name)
            {
                IsRepeated = isRepeated,
            };
        }
        catch
        {
            message.UndoAdd();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Validate(TaskMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _queue.ThrowIfDisposed();
        if (!ReferenceEquals(message.Definition?.Queue, _queue))
        {
            ThrowUnlessKnown(message);
        }
    }

    private void ThrowUnlessKnown(TaskMessage message)
    {
        if (_queue.FindTask(message.TaskName) is null)
        {
            throw new ArgumentException(
                $"Task '{message.TaskName}' is not registered on queue '{_queue.Name}'; register it there, or add the message to its own queue.",
                nameof(message));
        }
    }

    private static void Undo(ReadOnlySpan<TaskMessage> messages)
    {
        foreach (TaskMessage message in messages)
        {
            message.UndoAdd();
        }
    }
}
