using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Batch;

/// <summary>
/// Makes batch requests of entries that come at the same time: up to 10, up to a number of bytes. Without a window a lone
/// entry leaves at once, and what comes while it is on its way goes with the next request; with one, entries wait that long
/// for others. A full batch never waits. Each entry gets its own result; a request that fails fails all of its entries.
/// </summary>
internal sealed class Batcher<T> : IDisposable
{
    public const int MaxEntries = 10;

    /// <summary>How many requests are on their way at most.</summary>
    private const int MaxCalls = 8;

    private readonly Func<T[], Task<SqsEntryError?[]>> _send;
    private readonly TimeSpan _window;
    private readonly Lock _lock = new();
    private readonly Queue<BatchWaiter<T>> _waiting = new();
    private readonly ITimer? _timer;
    private long _waitingBytes;
    private int _calls;
    private int _due;
    private bool _isTimed;

    /// <param name="send">Sends 1 to 10 entries; a null for each that is done, in their order.</param>
    /// <param name="window">How long an entry waits for others. Their company on the wire is meant, so the system's clock rules.</param>
    public Batcher(Func<T[], Task<SqsEntryError?[]>> send, TimeSpan window)
    {
        _send = send;
        _window = window;
        if (window > TimeSpan.Zero)
        {
            _timer = TimeProvider.System.CreateTimer(
                static batcher => ((Batcher<T>)batcher!).EndWindow(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>How many bytes a request holds, unless a single entry is larger. The default is no bound.</summary>
    public long MaxBytes { get; set; } = long.MaxValue;

    public Task<SqsEntryError?> AddAsync(T item, long size = 0)
    {
        var waiter = new BatchWaiter<T>(item, size);
        int calls;
        lock (_lock)
        {
            Enqueue(waiter);
            calls = Claim();
        }

        Start(calls);
        return waiter.Task;
    }

    /// <summary>Adds entries together, so that their batches are full.</summary>
    public Task<SqsEntryError?>[] AddRange(ReadOnlySpan<(T Item, long Size)> items)
    {
        var tasks = new Task<SqsEntryError?>[items.Length];
        int calls;
        lock (_lock)
        {
            for (int i = 0; i < tasks.Length; i++)
            {
                var waiter = new BatchWaiter<T>(items[i].Item, items[i].Size);
                tasks[i] = waiter.Task;
                Enqueue(waiter);
            }

            calls = Claim();
        }

        Start(calls);
        return tasks;
    }

    public void Dispose() => _timer?.Dispose();

    private void Enqueue(BatchWaiter<T> waiter)
    {
        _waiting.Enqueue(waiter);
        _waitingBytes += waiter.Size;
    }

    private void EndWindow()
    {
        int calls;
        lock (_lock)
        {
            _isTimed = false;
            _due = _waiting.Count;
            calls = Claim();
        }

        Start(calls);
    }

    /// <summary>How many requests start now; under the lock.</summary>
    private int Claim()
    {
        int claimed = 0;
        int left = _waiting.Count;
        long bytes = _waitingBytes;
        while (_calls < MaxCalls && left > 0 && (IsFull(left, bytes) || _due > claimed * MaxEntries || (_window == TimeSpan.Zero && _calls == 0)))
        {
            _calls++;
            claimed++;
            left -= MaxEntries;
            bytes -= MaxBytes;
        }

        if (left > 0 && _window > TimeSpan.Zero && !_isTimed)
        {
            _isTimed = true;
            _timer!.Change(_window, Timeout.InfiniteTimeSpan);
        }

        return claimed;
    }

    private bool IsFull(int count, long bytes) => count >= MaxEntries || bytes >= MaxBytes;

    private void Start(int calls)
    {
        for (; calls > 0; calls--)
        {
            _ = SendAllAsync();
        }
    }

    private async Task SendAllAsync()
    {
        for (bool isFirst = true; TakeBatch(isFirst) is { } batch; isFirst = false)
        {
            try
            {
                SqsEntryError?[] results = await _send(Array.ConvertAll(batch, static waiter => waiter.Item)).ConfigureAwait(false);
                for (int i = 0; i < batch.Length; i++)
                {
                    batch[i].SetResult(results[i]);
                }
            }
#pragma warning disable CA1031 // Each caller gets the error.
            catch (Exception error)
#pragma warning restore CA1031
            {
                foreach (BatchWaiter<T> waiter in batch)
                {
                    waiter.SetException(error);
                }
            }

            // Those whose entries are done come back at once: their next ones go together, not the first of them alone.
            await Task.Yield();
        }
    }

    /// <summary>The next batch, null when nothing has to leave now.</summary>
    private BatchWaiter<T>[]? TakeBatch(bool isFirst)
    {
        lock (_lock)
        {
            bool leaves = _waiting.Count > 0 && (isFirst || _window == TimeSpan.Zero || _due > 0 || IsFull(_waiting.Count, _waitingBytes));
            if (!leaves)
            {
                _calls--;
                return null;
            }

            var batch = new List<BatchWaiter<T>>(MaxEntries);
            long bytes = 0;
            while (batch.Count < MaxEntries && _waiting.TryPeek(out BatchWaiter<T>? next) && (batch.Count == 0 || bytes + next.Size <= MaxBytes))
            {
                batch.Add(_waiting.Dequeue());
                bytes += next.Size;
            }

            _waitingBytes -= bytes;
            _due = Math.Max(0, _due - batch.Count);
            return [.. batch];
        }
    }
}
