namespace TaskQ.Consume;

/// <summary>A number of like loops, workers or fetchers: as many as the target says, never more.</summary>
internal sealed class LoopPool(Action startOne)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _allLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _target;
    private int _live;
    private bool _closed;

    /// <summary>How many there are, those included that are still busy though they are over the target.</summary>
    public int Live => Volatile.Read(ref _live);

    public int Target => Volatile.Read(ref _target);

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Grows at once; shrinks as loops ask <see cref="TryRetire"/>.</summary>
    /// <returns>How many are over the target.</returns>
    public int SetTarget(int target)
    {
        int start;
        int surplus;
        lock (_lock)
        {
            if (_closed)
            {
                return 0;
            }

            _target = target;
            surplus = Math.Max(0, _live - target);
            start = Math.Max(0, target - _live);
            _live += start;
        }

        for (int i = 0; i < start; i++)
        {
            startOne();
        }

        return surplus;
    }

    /// <summary>Called by a loop between two rounds: true when there are more than the target, and the loop has left.</summary>
    public bool TryRetire()
    {
        if (Live <= Target)
        {
            return false;
        }

        lock (_lock)
        {
            if (_closed || _live <= _target)
            {
                return false;
            }

            _live--;
            return true;
        }
    }

    /// <summary>Called by a loop as its last act.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (--_live == 0 && _closed)
            {
                _allLeft.TrySetResult();
            }
        }
    }

    /// <summary>Starts no more and lets none retire.</summary>
    /// <returns>A task that ends when the last loop has left.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_live == 0)
            {
                _allLeft.TrySetResult();
            }
        }

        return _allLeft.Task;
    }
}
