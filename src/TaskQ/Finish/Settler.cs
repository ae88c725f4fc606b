using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Telemetry;

namespace TaskQ.Finish;

/// <summary>Brings finished messages to the store, in batches that form by themselves.</summary>
/// <remarks>
/// A fetch that is about to go takes along what is finished (<see cref="Take"/>). When none is, the settler sends it
/// alone; whatever finishes meanwhile is the next batch. Nothing waits on a timer. A batch that fails is sent in ever
/// smaller parts, one after the other and without a fetch, so that one settlement that the store can't take does not keep
/// the others back. A store that takes nothing along with a fetch gets several batches at a time: it may wait for more
/// of them to fill its requests, and what finishes meanwhile must not wait for that.
/// </remarks>
internal sealed class Settler
{
    /// <summary>How many batches are on their way at most, to a store that forms its own requests of them.</summary>
    private const int MostFlushes = 16;

    /// <summary>How long a list may be that is used again: one that a burst has made large is left to the collector.</summary>
    private const int MostKept = 4_096;

    private readonly Lock _lock = new();
    private readonly IQueueBackend _backend;
    private readonly LeaseTable _leases;
    private readonly RetryPacer _pacer;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _leaseDuration;
    private readonly ILogger _logger;
    private readonly string _queueName;
    private readonly QueueMetrics _metrics;
    private List<Settlement> _pending = [];
    private List<Settlement>? _spare;
    private TaskCompletionSource? _drained;
    private readonly int _maxFlushes;
    private int _flushes;
    private int _carriers;
    private bool _carriesNothing;
    private int _batchLimit = int.MaxValue;
    private long _stoppedAt;

    public Settler(TaskQueue queue, LeaseTable leases, ILogger logger)
    {
        _backend = queue.Backend;
        _queueName = queue.Name;
        _metrics = queue.Metrics;
        _leases = leases;
        _timeProvider = queue.Options.TimeProvider;
        _leaseDuration = queue.Options.LeaseDuration;
        _pacer = new RetryPacer(_timeProvider);
        _carriesNothing = !_backend.Capabilities.SettlesWithFetch;
        _maxFlushes = _carriesNothing ? MostFlushes : 1;
        _logger = logger;
    }

    /// <summary>How many finished messages have not been sent.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Hands over finished messages; they are sent at once or with the next fetch.</summary>
    public void Add(List<Settlement> settlements)
    {
        if (Enqueue(settlements))
        {
            Flush();
        }
    }

    /// <summary>As <see cref="Add"/>, but leaves the sending to the caller.</summary>
    /// <returns>Whether the caller must call <see cref="Flush"/>.</returns>
    public bool Enqueue(List<Settlement> settlements)
    {
        lock (_lock)
        {
            _pending.AddRange(settlements);
            return TryStartFlush();
        }
    }

    /// <summary>Sends what is finished; only for who was told to.</summary>
    public void Flush() => _ = FlushAsync();

    /// <summary>Sends what is finished although a fetch is under way: that may never end.</summary>
    public void FlushWithoutCarrier()
    {
        lock (_lock)
        {
            if (!TryStartFlushWithoutCarrier())
            {
                return;
            }
        }

        Flush();
    }

    /// <summary>From here on nothing waits for a fetch.</summary>
    public void StopCarrying()
    {
        lock (_lock)
        {
            _carriesNothing = true;
        }

        FlushWithoutCarrier();
    }

    /// <summary>Ends the attempts to send once the leases, which nobody extends any more, have run out.</summary>
    public void GiveUpWithLeases()
    {
        lock (_lock)
        {
            _stoppedAt = Math.Max(_timeProvider.GetTimestamp(), 1);
        }
    }

    /// <summary>Announces that a fetch comes soon, which will take what is finished.</summary>
    public void BeginCarry()
    {
        lock (_lock)
        {
            _carriers++;
        }
    }

    /// <summary>Ends <see cref="BeginCarry"/>: what is left is sent without a fetch.</summary>
    public void EndCarry()
    {
        lock (_lock)
        {
            _carriers--;
            if (!TryStartFlush())
            {
                return;
            }
        }

        Flush();
    }

    /// <summary>What a fetch takes along; it must call <see cref="Confirm"/> or <see cref="Return"/>.</summary>
    public List<Settlement> Take()
    {
        lock (_lock)
        {
            if (_pending.Count == 0 || _carriesNothing || _batchLimit != int.MaxValue)
            {
                return [];
            }

            return TakePending();
        }
    }

    /// <summary>The store has answered for a batch, which its caller must not use any more.</summary>
    public void Confirm(List<Settlement> batch, IReadOnlyList<Delivery> lost)
    {
        if (batch.Count > 0)
        {
            _leases.Settle(batch);
        }

        for (int i = 0; i < lost.Count; i++)
        {
            Log.LeaseLost(_logger, lost[i].Id);
        }

        if (batch.Capacity is > 0 and <= MostKept)
        {
            batch.Clear();
            Volatile.Write(ref _spare, batch);
        }
    }

    /// <summary>The store did not answer for a batch: it goes again, which does no harm if it had arrived.</summary>
    public void Return(List<Settlement> batch)
    {
        if (batch.Count > 0)
        {
            Add(batch);
        }
    }

    /// <summary>Ends when everything is sent and answered.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            if (_pending.Count == 0 && _flushes == 0)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private bool TryStartFlush() => (_carriers == 0 || _carriesNothing) && TryStartFlushWithoutCarrier();

    private bool TryStartFlushWithoutCarrier()
    {
        if (_pending.Count == 0 || _flushes >= (_batchLimit == int.MaxValue ? _maxFlushes : 1))
        {
            return false;
        }

        _flushes++;
        return true;
    }

    /// <summary>Ends a flush; under the lock.</summary>
    private void EndFlush()
    {
        _flushes--;
        if (_flushes == 0)
        {
            _drained?.SetResult();
            _drained = null;
        }
    }

    private async Task FlushAsync()
    {
        int failures = 0;
        while (true)
        {
            List<Settlement> batch;
            lock (_lock)
            {
                // After a failure the last one goes on alone, in parts.
                if (_pending.Count == 0 || (_batchLimit != int.MaxValue && _flushes > 1))
                {
                    EndFlush();
                    return;
                }

                batch = TakeBatch();
            }

            long start = _metrics.StartCall();
            try
            {
                ExchangeResult result = await _backend.ExchangeAsync(batch, null, CancellationToken.None).ConfigureAwait(false);
                _metrics.EndCall(start, ClientCall.Settle, null);
                failures = 0;
                Confirm(batch, result.Lost);
                Widen();
            }
#pragma warning disable CA1031 // Whatever the store's client throws, finished work must be settled.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _metrics.EndCall(start, ClientCall.Settle, error);
                TimeSpan delay = RetryPacer.DelayAfter(++failures);
                Log.SettleFailed(_logger, error, _queueName, delay);
                if (!PutBack(batch))
                {
                    return;
                }

                await _pacer.WaitAsync(delay, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private List<Settlement> TakeBatch()
    {
        if (_pending.Count <= _batchLimit)
        {
            return TakePending();
        }

        List<Settlement> batch = _pending.GetRange(0, _batchLimit);
        _pending.RemoveRange(0, _batchLimit);
        return batch;
    }

    /// <summary>All that is pending; under the lock. A list that was sent and answered takes its place.</summary>
    private List<Settlement> TakePending()
    {
        List<Settlement> batch = _pending;
        _pending = Interlocked.Exchange(ref _spare, null) ?? new List<Settlement>(batch.Count);
        return batch;
    }

    private void Widen()
    {
        lock (_lock)
        {
            // Beside one that failed a success proves nothing.
            if (_flushes == 1)
            {
                _batchLimit = _batchLimit > int.MaxValue / 2 || _pending.Count <= _batchLimit ? int.MaxValue : _batchLimit * 2;
            }
        }
    }

    /// <summary>Keeps a batch that failed, behind the others.</summary>
    /// <returns>False when there is no sense in sending it any more.</returns>
    private bool PutBack(List<Settlement> batch)
    {
        lock (_lock)
        {
            _pending.AddRange(batch);
            _batchLimit = Math.Max(1, batch.Count / 2);
            if (_stoppedAt == 0 || _timeProvider.GetElapsedTime(_stoppedAt) < _leaseDuration)
            {
                return true;
            }

            EndFlush();
            return false;
        }
    }
}
