using TaskQ.Backend;

namespace TaskQ.Consume;

/// <summary>The leases that hold messages which the store has not settled yet.</summary>
internal sealed class LeaseTable
{
    private readonly Lock _lock = new();
    private readonly HashSet<Lease> _leases = [];
    private TaskCompletionSource? _progress;
    private int _held;

    /// <summary>How many messages are held.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Takes up what a fetch reserved.</summary>
    public void Add(Lease lease, int deliveries)
    {
        lock (_lock)
        {
            lease.Outstanding = deliveries;
            _leases.Add(lease);
            _held += deliveries;
        }
    }

    /// <summary>Counts off what the store has settled or refused.</summary>
    public void Settle(IReadOnlyList<Settlement> settlements)
    {
        TaskCompletionSource? progress;
        lock (_lock)
        {
            for (int i = 0; i < settlements.Count; i++)
            {
                Lease lease = settlements[i].Delivery.Lease!;
                if (--lease.Outstanding == 0)
                {
                    _leases.Remove(lease);
                }
            }

            _held -= settlements.Count;
            progress = _progress;
            _progress = null;
        }

        progress?.SetResult();
    }

    public Lease[] Snapshot()
    {
        lock (_lock)
        {
            return _leases.Count == 0 ? [] : [.. _leases];
        }
    }

    /// <summary>Ends when the store settles something.</summary>
    public Task WaitForProgressAsync()
    {
        lock (_lock)
        {
            _progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _progress.Task;
        }
    }

    /// <summary>Ends when nothing is held.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task progress = WaitForProgressAsync();
            if (Held == 0)
            {
                return;
            }

            await progress.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
