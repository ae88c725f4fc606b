namespace TaskQ.Backend.Coalesce;

/// <summary>
/// Makes batches of adds that come at the same time. A lone add goes at once. What comes while it is on its way goes with the
/// next call, which leaves when that one is back, or, with several lanes, before when enough has gathered: the store is not idle
/// while the client prepares the next call, nor the client while the store works.
/// </summary>
/// <typeparam name="TLane">Whatever a call needs that only one call at a time may use.</typeparam>
public sealed class AddCoalescer<TLane>
{
    /// <summary>How many adds make a second call worth its cost while one is on its way.</summary>
    private const int SecondCall = 8;

    /// <summary>How often those whose adds have ended are let run before their next ones go.</summary>
    private const int Turns = 12;

    private readonly Lock _lock = new();
    private readonly Queue<AddWaiter> _waiting = new();
    private readonly Stack<TLane> _freeLanes;
    private readonly int _laneCount;
    private readonly AddBatchLimits _limits;
    private readonly Func<NewMessage[], TLane, Task<AddResult[]>> _send;
    private readonly Func<Exception, bool> _isOutage;

    /// <summary>Creates a coalescer.</summary>
    /// <param name="lanes">One for each call that may be on its way at a time, at least one.</param>
    /// <param name="send">Stores messages.</param>
    /// <param name="limits">How large a batch may be.</param>
    /// <param name="isOutage">Whether an error says that the store is away: then those that have waited for longer than
    /// <see cref="AddBatchLimits.Patience"/> fail too.</param>
    /// <exception cref="ArgumentException">There is no lane.</exception>
    public AddCoalescer(
        IEnumerable<TLane> lanes,
        Func<NewMessage[], TLane, Task<AddResult[]>> send,
        AddBatchLimits limits,
        Func<Exception, bool> isOutage)
    {
        ArgumentNullException.ThrowIfNull(lanes);
        ArgumentNullException.ThrowIfNull(send);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(isOutage);
        _freeLanes = new Stack<TLane>(lanes);
        _laneCount = _freeLanes.Count;
        if (_laneCount == 0)
        {
            throw new ArgumentException("There must be a lane.", nameof(lanes));
        }

        _send = send;
        _limits = limits;
        _isOutage = isOutage;
    }

    /// <summary>Adds a message with the next batch.</summary>
    /// <param name="message">The message, as a frame.</param>
    /// <param name="cancellationToken">Cancels the wait; the message may be stored all the same.</param>
    /// <returns>Its own result.</returns>
    public ValueTask<AddResult> AddAsync(in NewMessage message, CancellationToken cancellationToken)
    {
        AddWaiter? waiter = null;
        TLane? lane;
        bool hasLane;
        lock (_lock)
        {
            bool isAlone = _freeLanes.Count == _laneCount;
            if (!isAlone)
            {
                waiter = new AddWaiter(message);
                _waiting.Enqueue(waiter);
            }

            lane = default;
            hasLane = (isAlone || _waiting.Count >= SecondCall) && _freeLanes.TryPop(out lane);
        }

        if (waiter is null)
        {
            // Straight to the caller: no other thread has to wake up.
            Task<AddResult> alone = SendAloneAsync(message, lane!);
            return new ValueTask<AddResult>(cancellationToken.CanBeCanceled ? alone.WaitAsync(cancellationToken) : alone);
        }

        if (hasLane)
        {
            _ = SendAllAsync(lane!);
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

    private async Task<AddResult> SendAloneAsync(NewMessage message, TLane lane)
    {
        try
        {
            return (await _send([message], lane).ConfigureAwait(false))[0];
        }
        catch (Exception error)
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
    private async Task SendAllAsync(TLane lane)
    {
        while (TakeBatch(lane) is { } batch)
        {
            if (batch.Length == 0)
            {
                continue;
            }

            try
            {
                AddResult[] results = await _send(Array.ConvertAll(batch, static waiter => waiter.Message), lane).ConfigureAwait(false);
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

            await LetComeBackAsync(batch.Length).ConfigureAwait(false);
        }
    }

    /// <summary>Those whose adds have ended mostly come back at once: their next ones go together, not the first of them alone.</summary>
    private async Task LetComeBackAsync(int count)
    {
        int turn = 0;
        do
        {
            await Task.Yield();
            turn++;
        }
        while (turn < Turns && WaitingCount() < count);
    }

    private int WaitingCount()
    {
        lock (_lock)
        {
            return _waiting.Count;
        }
    }

    /// <summary>
    /// Fails those that have waited for a call that was tried in vain: one after the other, their batches would wait as
    /// often as there are batches.
    /// </summary>
    private void FailWaiting(Exception error)
    {
        if (!_isOutage(error))
        {
            return;
        }

        var failed = new List<AddWaiter>();
        lock (_lock)
        {
            while (_waiting.TryPeek(out AddWaiter? next) && TimeProvider.System.GetElapsedTime(next.Since) >= _limits.Patience)
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
    private AddWaiter[]? TakeBatch(TLane lane)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _freeLanes.Push(lane);
                return null;
            }

            var batch = new List<AddWaiter>(Math.Min(_waiting.Count, _limits.MaxWeight));
            long bytes = 0;
            int weight = 0;
            while (weight < _limits.MaxWeight && _waiting.TryPeek(out AddWaiter? next))
            {
                bytes += next.Message.Body.Frame!.Length;
                if (batch.Count > 0 && bytes > _limits.MaxBytes)
                {
                    break;
                }

                _waiting.Dequeue();
                if (!next.Task.IsCompleted)
                {
                    batch.Add(next);
                    weight += _limits.WeightOf(next.Message);
                }
            }

            return [.. batch];
        }
    }
}
