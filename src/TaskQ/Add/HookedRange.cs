namespace TaskQ.Add;

/// <summary>
/// The messages of a range on their way through the hooks. Those that come out at once are stored together. One whose hooks
/// wait for something is stored alone, when it comes out: it may wait for another one to be stored.
/// </summary>
internal sealed class HookedRange
{
    private readonly Lock _lock = new();
    private readonly List<TaskMessage> _messages = [];
    private readonly List<TaskCompletionSource<AddResult>> _results = [];
    private bool _isClosed;

    /// <summary>A message comes out of the hooks.</summary>
    /// <returns>Its result, null when it is too late to go with the others.</returns>
    public Task<AddResult>? TryJoin(TaskMessage message)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return null;
            }

            var result = new TaskCompletionSource<AddResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            _messages.Add(message);
            _results.Add(result);
            return result.Task;
        }
    }

    /// <summary>Stores those that have joined.</summary>
    /// <param name="store">Stores messages.</param>
    public async Task StoreAsync(Func<TaskMessage[], Task<AddResult[]>> store)
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        if (_messages.Count == 0)
        {
            return;
        }

        try
        {
            AddResult[] stored = await store([.. _messages]).ConfigureAwait(false);
            for (int i = 0; i < stored.Length; i++)
            {
                _results[i].SetResult(stored[i]);
            }
        }
#pragma warning disable CA1031 // Each message's hooks get the error.
        catch (Exception error)
#pragma warning restore CA1031
        {
            foreach (TaskCompletionSource<AddResult> result in _results)
            {
                result.SetException(error);
            }
        }
    }
}
