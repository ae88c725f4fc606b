using TaskQ.Backend;
using TaskQ.Redis.Store;

namespace TaskQ.Redis.Add;

/// <summary>
/// Makes batches of adds that come at the same time. A lone add goes at once. What comes while it is on its way goes with the
/// next call, which leaves when that one is back, or before when enough has gathered: the server is not idle while the
/// client prepares the next call, nor the client while the server works.
/// </summary>
internal sealed class AddCoalescer(
    Func<NewMessage[], AddLane, Task<AddResult[]>> send,
    int maxWeight,
    int maxBytes,
    TimeSpan patience)
{
    /// <summary>How many adds make a second call worth its cost while one is on its way.</summary>
    private const int SecondCall = 5;

    private const int LaneCount = 2;

    private readonly Lock _lock = new();
    private readonly Queue<AddWaiter> _waiting = new();
    private readonly Stack<AddLane> _freeLanes = new([new AddLane(), new AddLane()]);

    public ValueTask<AddResult> AddAsync(in NewMessage message, CancellationToken cancellationToken)
    {
        AddWaiter? waiter = null;
        AddLane? lane = null;
        lock (_lock)
        {
            if (_freeLanes.Count == LaneCount)
            {
                lane = _freeLanes.Pop();
            }
            else
            {
                waiter = new AddWaiter(message);
                _waiting.Enqueue(waiter);
                if (_waiting.Count >= SecondCall)
                {
                    _freeLanes.TryPop(out lane);
                }
            }
        }

        if (waiter is null)
        {
            // Straight to the caller: no other thread has to wake up.
            Task<AddResult> alone = SendAloneAsync(message, lane!);
            return new ValueTask<AddResult>(cancellationToken.CanBeCanceled ? alone.WaitAsync(cancellationToken) : alone);
        }

        if (lane is not null)
        {
            _ = SendAllAsync(lane);
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

    private async Task<AddResult> SendAloneAsync(NewMessage message, AddLane lane)
    {
        try
        {
            return (await send([message], lane).ConfigureAwait(false))[0];
        }
        catch (RedisUnavailableException error)
        {
            FailWaiting(error);
            throw;
        }
        finally
        {
            _ = SendAllAsync(lane);
        }
    }

    /// <summary>Sends what waits, until nothing does.</summary>
    private async Task SendAllAsync(AddLane lane)
    {
        while (TakeBatch(lane) is { } batch)
        {
            if (batch.Length == 0)
            {
                continue;
            }

            try
            {
                AddResult[] results = await send(Array.ConvertAll(batch, static waiter => waiter.Message), lane).ConfigureAwait(false);
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

                FailWaiting(error);
            }

            // Those whose adds have ended come back at once: their next ones go together, not the first of them alone.
            await Task.Yield();
        }
    }

    /// <summary>
    /// Fails those that have waited for a call that was tried in vain: one after the other, their batches would wait as
    /// often as there are batches.
    /// </summary>
    private void FailWaiting(Exception error)
    {
        if (error is not RedisUnavailableException)
        {
            return;
        }

        var failed = new List<AddWaiter>();
        lock (_lock)
        {
            while (_waiting.TryPeek(out AddWaiter? next) && TimeProvider.System.GetElapsedTime(next.Since) >= patience)
            {
                failed.Add(_waiting.Dequeue());
            }
        }

        foreach (AddWaiter waiter in failed)
        {
            waiter.TrySetException(error);
        }
    }

    /// <summary>What goes with the next call, null when nothing waits and the lane is free; those that were cancelled are left out.</summary>
    private AddWaiter[]? TakeBatch(AddLane lane)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _freeLanes.Push(lane);
                return null;
            }

            var batch = new List<AddWaiter>(Math.Min(_waiting.Count, maxWeight));
            long bytes = 0;
            int weight = 0;
            while (weight < maxWeight && _waiting.TryPeek(out AddWaiter? next))
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
                    weight += AddArguments.WeightOf(next.Message);
                }
            }

            return [.. batch];
        }
    }
}
