using System.Diagnostics.CodeAnalysis;
using TaskQ.Backend;

namespace TaskQ.Consume;

/// <summary>Reserved messages that wait for a worker, workers that wait for a message, and fetchers that wait for room.</summary>
/// <remarks>
/// An add wakes one worker, which wakes the next while there is more: so a batch of slow messages starts on as many
/// workers at once, and one of fast messages is not fought over. Idle workers wait in a stack, so that the ones
/// that are not needed stay idle and can retire. A fetcher that waited for room goes on in the worker that made it: on a
/// busy thread pool its turn might come late, and the worker would run dry.
/// </remarks>
internal sealed class DeliveryBuffer
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _entries = new();
    private readonly Stack<WorkerSignal> _idle = new();
    private readonly Queue<TaskCompletionSource<int>> _fetchers = new();
    private readonly int _batchSize;
    private readonly int? _startLimit;
    private readonly Func<int> _startsSoon;
    private readonly TimeProvider _timeProvider;
    private int _requested;
    private int _running;
    private bool _closed;

    /// <param name="capacity">How many messages may wait.</param>
    /// <param name="batchSize">How many are fetched at once.</param>
    /// <param name="startLimit">
    /// With a rate or worker limit: how many may be reserved or running in all, so that each starts at once and none
    /// is kept from other processes. Null without one.
    /// </param>
    /// <param name="startsSoon">Without a limit: how many messages the workers start soon. What is more is left to other processes.</param>
    /// <param name="timeProvider">The clock.</param>
    public DeliveryBuffer(int capacity, int batchSize, int? startLimit, Func<int> startsSoon, TimeProvider timeProvider)
    {
        Capacity = capacity;
        _batchSize = batchSize;
        _startLimit = startLimit;
        _startsSoon = startsSoon;
        _timeProvider = timeProvider;
    }

    public int Capacity { get; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>How long the oldest message has waited.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
            {
                return _entries.TryPeek(out Entry oldest) ? _timeProvider.GetElapsedTime(oldest.Since) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Messages that wait or run: how many workers they could use.</summary>
    public int Demand
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count + _running;
            }
        }
    }

    /// <summary>Waits until there is room for a fetch.</summary>
    /// <returns>How many messages may be fetched; <see cref="EndRequest"/> must follow. Zero when the buffer is closed.</returns>
    public ValueTask<int> RequestAsync()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return new ValueTask<int>(0);
            }

            int granted = TryGrant();
            if (granted > 0)
            {
                return new ValueTask<int>(granted);
            }

            var waiter = new TaskCompletionSource<int>();
            _fetchers.Enqueue(waiter);
            return new ValueTask<int>(waiter.Task);
        }
    }

    /// <summary>Gives back the room that a fetch was granted, after its messages were added.</summary>
    public void EndRequest(int granted)
    {
        Grant grant;
        lock (_lock)
        {
            _requested -= granted;
            grant = NextGrant();
        }

        ResumeFetchers(grant);
    }

    /// <summary>Adds messages; false, with none added, when the buffer is closed.</summary>
    public bool TryAdd(IReadOnlyList<Delivery> deliveries)
    {
        long now = _timeProvider.GetTimestamp();
        WorkerSignal? woken;
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            for (int i = 0; i < deliveries.Count; i++)
            {
                _entries.Enqueue(new Entry(deliveries[i], now));
            }

            _idle.TryPop(out woken);
        }

        woken?.Set(true);
        return true;
    }

    /// <summary>Takes a message for a worker, which calls <see cref="Finish"/> after it.</summary>
    public bool TryTake([NotNullWhen(true)] out Delivery? delivery)
    {
        WorkerSignal? woken = null;
        Grant grant;
        lock (_lock)
        {
            if (!_entries.TryDequeue(out Entry entry))
            {
                delivery = null;
                return false;
            }

            delivery = entry.Delivery;
            _running++;
            if (_entries.Count > 0)
            {
                _idle.TryPop(out woken);
            }

            grant = NextGrant();
        }

        woken?.Set(true);
        ResumeFetchers(grant);
        return true;
    }

    /// <summary>Counts messages that a worker has taken and is done with.</summary>
    public void Finish(int count)
    {
        Grant grant;
        lock (_lock)
        {
            _running -= count;
            grant = NextGrant();
        }

        ResumeFetchers(grant);
    }

    /// <summary>Waits for a message; false when the worker shall look whether it is still needed.</summary>
    public ValueTask<bool> WaitAsync(WorkerSignal signal)
    {
        Grant grant;
        lock (_lock)
        {
            if (_entries.Count > 0)
            {
                return new ValueTask<bool>(true);
            }

            if (_closed)
            {
                return new ValueTask<bool>(false);
            }

            signal.Reset();
            _idle.Push(signal);
            grant = NextGrant();
        }

        ResumeFetchers(grant);
        return signal.WaitAsync();
    }

    /// <summary>Wakes one worker if there is a message for it: for a worker that retires, which may have been the one that was woken.</summary>
    public void PassOn()
    {
        WorkerSignal? woken;
        lock (_lock)
        {
            if (_entries.Count == 0 || !_idle.TryPop(out woken))
            {
                return;
            }
        }

        woken.Set(true);
    }

    /// <summary>Wakes idle workers so that they look whether they are still needed.</summary>
    public void WakeIdle(int count)
    {
        while (count-- > 0)
        {
            WorkerSignal? woken;
            lock (_lock)
            {
                if (!_idle.TryPop(out woken))
                {
                    return;
                }
            }

            woken.Set(false);
        }
    }

    /// <summary>Takes out what has waited for a time or longer: others may start it sooner.</summary>
    public List<Delivery> TakeOlderThan(TimeSpan wait)
    {
        var old = new List<Delivery>();
        Grant grant;
        long now = _timeProvider.GetTimestamp();
        lock (_lock)
        {
            while (_entries.TryPeek(out Entry oldest) && _timeProvider.GetElapsedTime(oldest.Since, now) >= wait)
            {
                old.Add(_entries.Dequeue().Delivery);
            }

            grant = NextGrant();
        }

        ResumeFetchers(grant);
        return old;
    }

    /// <summary>Closes the buffer, sends idle workers and waiting fetchers home and returns what nobody took.</summary>
    public List<Delivery> Close()
    {
        var left = new List<Delivery>();
        TaskCompletionSource<int>[] fetchers;
        lock (_lock)
        {
            _closed = true;
            while (_entries.TryDequeue(out Entry entry))
            {
                left.Add(entry.Delivery);
            }

            fetchers = [.. _fetchers];
            _fetchers.Clear();
        }

        foreach (TaskCompletionSource<int> fetcher in fetchers)
        {
            fetcher.SetResult(0);
        }

        WakeIdle(int.MaxValue);
        return left;
    }

    /// <summary>Runs the fetchers for which there is room, each on this thread until it waits. Never under the lock.</summary>
    private void ResumeFetchers(Grant grant)
    {
        while (grant.Fetcher is { } fetcher)
        {
            fetcher.SetResult(grant.Room);
            lock (_lock)
            {
                grant = NextGrant();
            }
        }
    }

    /// <summary>The next fetcher for which there is room, taken out of the line; under the lock.</summary>
    private Grant NextGrant() =>
        _fetchers.Count > 0 && TryGrant() is > 0 and var room ? new Grant(_fetchers.Dequeue(), room) : default;

    private int TryGrant()
    {
        int free = Capacity - _entries.Count - _requested;
        if (_startLimit is { } limit)
        {
            free = Math.Min(free, limit - _entries.Count - _requested - _running);
        }
        else
        {
            // While workers are busy and the buffer is not half empty a later, larger fetch is the cheaper one.
            if (_idle.Count == 0 && free < Math.Min(_batchSize, (Capacity + 1) / 2))
            {
                return 0;
            }

            int soon = Math.Min(_startsSoon(), Capacity);
            free = Math.Min(free, soon + _idle.Count - _entries.Count - _requested);
            if (_idle.Count == 0 && free < Math.Min(_batchSize, (soon + 1) / 2))
            {
                return 0;
            }
        }

        int granted = Math.Clamp(free, 0, _batchSize);
        _requested += granted;
        return granted;
    }

    private readonly record struct Entry(Delivery Delivery, long Since);

    private readonly record struct Grant(TaskCompletionSource<int>? Fetcher, int Room);
}
