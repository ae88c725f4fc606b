using TaskQ.Backend;

namespace TaskQ.Redis.Add;

/// <summary>
/// Makes batches of adds that come at the same time: one call is on its way, and what comes meanwhile goes with the next.
/// A lone add goes at once.
/// </summary>
internal sealed class AddCoalescer(Func<NewMessage[], Task<AddResult[]>> send, int maxCount, int maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<AddWaiter> _waiting = new();
    private bool _isSending;

    public ValueTask<AddResult> AddAsync(in NewMessage message, CancellationToken cancellationToken)
    {
        var waiter = new AddWaiter(message);
        bool starts;
        lock (_lock)
        {
            _waiting.Enqueue(waiter);
            starts = !_isSending;
            _isSending = true;
        }

        if (starts)
        {
            _ = SendAllAsync();
        }

        return cancellationToken.CanBeCanceled
            ? WaitAsync(waiter, cancellationToken)
            : new ValueTask<AddResult>(waiter.Task);
    }

    private static async ValueTask<AddResult> WaitAsync(AddWaiter waiter, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((AddWaiter)state!).TrySetCanceled(token),
            waiter))
        {
            return await waiter.Task.ConfigureAwait(false);
        }
    }

    private async Task SendAllAsync()
    {
        while (TakeBatch() is { } batch)
        {
            if (batch.Length == 0)
            {
                continue;
            }

            try
            {
                AddResult[] results = await send(Array.ConvertAll(batch, static waiter => waiter.Message)).ConfigureAwait(false);
                for (int i = 0; i < batch.Length; i++)
                {
                    batch[i].TrySetResult(results[i]);
                }
            }
#pragma warning disable CA1031 // Each caller gets the error.
            catch (Exception error)
#pragma warning restore CA1031
            {
                foreach (AddWaiter waiter in batch)
                {
                    waiter.TrySetException(error);
                }
            }

            // Those whose adds have ended come back at once: their next ones go together, not the first of them alone.
            await Task.Yield();
        }
    }

    /// <summary>What goes with the next call, null when nothing waits; those that were cancelled are left out.</summary>
    private AddWaiter[]? TakeBatch()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _isSending = false;
                return null;
            }

            var batch = new List<AddWaiter>(Math.Min(_waiting.Count, maxCount));
            long bytes = 0;
            while (batch.Count < maxCount && _waiting.TryPeek(out AddWaiter? next))
            {
                bytes += next.Message.Body.Frame!.Length;
                if (batch.Count > 0 && bytes > maxBytes)
                {
                    break;
                }

                _waiting.Dequeue();
                if (!next.Task.IsCompleted)
                {
                    batch.Add(next);
                }
            }

            return [.. batch];
        }
    }
}
