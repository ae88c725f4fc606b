namespace TaskQ.Memory.Testing;

/// <summary>Records the messages that were stored; duplicates and failed adds are not.</summary>
internal sealed class AddRecorder : IProducerHook
{
    private readonly Lock _lock = new();
    private readonly List<TaskMessage> _added = [];
    private readonly HashSet<Guid> _stored = [];

    public IReadOnlyList<TaskMessage> Added
    {
        get
        {
            lock (_lock)
            {
                return [.. _added];
            }
        }
    }

    public async Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next)
    {
        await next(message).ConfigureAwait(false);
        lock (_lock)
        {
            if (_stored.Remove(message.Id))
            {
                _added.Add(message);
            }
        }
    }

    /// <summary>Told by the store.</summary>
    public void OnStored(Guid id)
    {
        lock (_lock)
        {
            _stored.Add(id);
        }
    }
}
