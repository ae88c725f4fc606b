using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>One queue in memory: its state, under one lock that is never held while anything is awaited.</summary>
/// <remarks>
/// Parts: Add (store, names, capacity), Exchange (settle), Fetch (reserve, wait), Beat (leases), Clock (the one timer),
/// Operate (find, list, cancel, ...), Dead (dead letters). Adding, reserving and settling cost O(1), a delayed message
/// O(log n). Finding a message by id scans the queue, O(n) under the lock: no index is kept for operators, because
/// each message would pay for it. For the same reason the id of an add is only looked up when an earlier add of
/// the message failed (<see cref="NewMessage.IsRepeated"/>).
/// </remarks>
internal sealed partial class MemoryQueueBackend : IQueueBackend
{
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private readonly CapacityMode _fullMode;
    private readonly int _workerLimit;
    private readonly RateGate? _rate;
    private readonly Action<Guid>? _stored;

    private readonly ReadyQueue _ready = new();
    private readonly ReadyQueue _suspects = new();
    private readonly IndexedHeap<Entry> _delayed = new();
    private readonly LeaseList _leases = new();
    private readonly NameTable _names;
    private readonly DeadLetterBox _dead;
    private int _inFlight;
    private int _users = 1;
    private bool _paused;
    private bool _disposed;

    public MemoryQueueBackend(QueueOptions options, MemoryOptions memory, Action<Guid>? stored = null)
    {
        _name = options.Name;
        _time = options.TimeProvider;
        _capacity = memory.Capacity ?? int.MaxValue;
        _fullMode = memory.FullMode;
        _workerLimit = options.WorkerLimit ?? int.MaxValue;
        _rate = options.RateLimit is { } limit ? new RateGate(limit) : null;
        _stored = stored;
        _names = new NameTable(memory.MaxNames);
        _dead = new DeadLetterBox(options.DeadLetterRetention, memory.MaxDeadLetters);
        Capabilities = new BackendCapabilities
        {
            System = "in_memory",
            PassesReferences = !memory.EncodeMessages,
            MaxAddBatch = 1000,
            MaxFetchBatch = 10_000,
            DefaultFetchBatch = 128,
        };

        _start = _time.GetTimestamp();
        _timer = CreateTimer();
    }

    public BackendCapabilities Capabilities { get; }

    /// <summary>How many names are remembered.</summary>
    internal int NameCount
    {
        get
        {
            lock (_lock)
            {
                return _names.Count;
            }
        }
    }

    /// <summary>How many fetches and adds wait.</summary>
    internal int WaiterCount
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count + _suspectWaiters.Count + _adders.Count;
            }
        }
    }

    /// <summary>Messages that wait, those included whose time has not come.</summary>
    private int Waiting => _ready.Count + _suspects.Count + _delayed.Count;

    /// <summary>Takes one more user; false when the queue is closed.</summary>
    internal bool TryShare()
    {
        lock (_lock)
        {
            _users++;
            return !_disposed;
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed || --_users > 0)
            {
                return default;
            }

            _disposed = true;
            EndWaiters();
            foreach (AddWaiter adder in _adders)
            {
                adder.TrySetException(new ObjectDisposedException(_name, $"Queue '{_name}' was closed while an add waited for room; the message was not stored."));
            }

            _adders.Clear();
            _ready.Clear();
            _suspects.Clear();
            _delayed.Clear();
            ReportQuiet();
        }

        // Outside the lock: a timer may wait for its callback, which takes the lock.
        return _timer.DisposeAsync();
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(_name, $"Queue '{_name}' is closed.");
        }
    }
}
