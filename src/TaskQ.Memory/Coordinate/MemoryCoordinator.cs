using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>A companion store in memory, under one lock.</summary>
/// <remarks>Parts: Names, Places (what is replaced), Flight (start, end, beat), Dead (dead letters); here is what operators do.</remarks>
internal sealed partial class MemoryCoordinator : IQueueCoordinator
{
    /// <summary>How long a cancellation is remembered.</summary>
    private static readonly TimeSpan CancelMemory = TimeSpan.FromDays(365);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Dictionary<Guid, long> _cancelled = [];
    private bool _paused;

    public MemoryCoordinator(QueueOptions options, MemoryOptions memory)
    {
        _time = options.TimeProvider;
        _start = _time.GetTimestamp();
        _names = new NameTable(memory.MaxNames);
        _workerLimit = options.WorkerLimit ?? int.MaxValue;
        _rate = options.RateLimit is { } limit ? new RateGate(limit) : null;
        _retention = options.DeadLetterRetention;
        _maxDead = memory.MaxDeadLetters;
    }

    public ValueTask DisposeAsync() => default;

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Reap();
            long now = UtcNow();
            foreach (Guid old in _cancelled.Where(cancelled => cancelled.Value <= now).Select(static cancelled => cancelled.Key).ToArray())
            {
                _cancelled.Remove(old);
            }

            if (_deadById.ContainsKey(id) || !_cancelled.TryAdd(id, Ticks.Add(now, CancelMemory.Ticks)))
            {
                return ValueTask.FromResult(false);
            }

            if (!_flights.ContainsKey(id))
            {
                FreeName(id);
            }

            return ValueTask.FromResult(true);
        }
    }

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _paused = paused;
            return default;
        }
    }

    public ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _names.EndAll();
            _held.Clear();
            _flights.Clear();
            _leases.Clear();
            _cancelled.Clear();
            return default;
        }
    }

    private long Now() => _time.GetElapsedTime(_start).Ticks;

    private long UtcNow() => _time.GetUtcNow().UtcTicks;

    private bool IsCancelled(Guid id) => _cancelled.TryGetValue(id, out long until) && until > UtcNow();
}
