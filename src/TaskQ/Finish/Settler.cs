using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Telemetry;

namespace TaskQ.Finish;

/// <summary>Brings finished messages to the store, in batches that form by themselves.</summary>
/// <remarks>
/// A fetch that is about to go takes along what is finished (<see cref="Take"/>). When none is, the settler sends it
/// alone; whatever finishes meanwhile is the next batch. Nothing waits on a timer.
/// </remarks>
internal sealed class Settler
{
    private readonly Lock _lock = new();
    private readonly IQueueBackend _backend;
    private readonly LeaseTable _leases;
    private readonly RetryPacer _pacer;
    private readonly ILogger _logger;
    private readonly string _queueName;
    private List<Settlement> _pending = [];
    private TaskCompletionSource? _drained;
    private bool _flushing;
    private int _carriers;

    public Settler(TaskQueue queue, LeaseTable leases, ILogger logger)
    {
        _backend = queue.Backend;
        _queueName = queue.Name;
        _leases = leases;
        _pacer = new RetryPacer(queue.Options.TimeProvider);
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
        lock (_lock)
        {
            _pending.AddRange(settlements);
            if (!TryStartFlush())
            {
                return;
            }
        }

        _ = FlushAsync();
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

        _ = FlushAsync();
    }

    /// <summary>What a fetch takes along; it must call <see cref="Confirm"/> or <see cref="Return"/>.</summary>
    public List<Settlement> Take()
    {
        lock (_lock)
        {
            if (_pending.Count == 0)
            {
                return [];
            }

            List<Settlement> batch = _pending;
            _pending = new List<Settlement>(batch.Count);
            return batch;
        }
    }

    /// <summary>The store has answered for a batch.</summary>
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
            if (_pending.Count == 0 && !_flushing)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private bool TryStartFlush()
    {
        if (_flushing || _carriers > 0 || _pending.Count == 0)
        {
            return false;
        }

        _flushing = true;
        return true;
    }

    private async Task FlushAsync()
    {
        int failures = 0;
        while (true)
        {
            List<Settlement> batch;
            lock (_lock)
            {
                if (_pending.Count == 0)
                {
                    _flushing = false;
                    _drained?.SetResult();
                    _drained = null;
                    return;
                }

                batch = _pending;
                _pending = new List<Settlement>(batch.Count);
            }

            try
            {
                ExchangeResult result = await _backend.ExchangeAsync(batch, null, CancellationToken.None).ConfigureAwait(false);
                failures = 0;
                Confirm(batch, result.Lost);
            }
#pragma warning disable CA1031 // Whatever the store's client throws, finished work must be settled.
            catch (Exception error)
#pragma warning restore CA1031
            {
                TimeSpan delay = RetryPacer.DelayAfter(++failures);
                Log.SettleFailed(_logger, error, _queueName, delay);
                lock (_lock)
                {
                    _pending.InsertRange(0, batch);
                }

                await _pacer.WaitAsync(delay, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
