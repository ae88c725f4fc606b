namespace TaskQ.Conformance.Harness;

/// <summary>Records runs of handlers, how many ran at once, and signals when enough have.</summary>
public sealed class Recorder(TimeProvider clock, TimeSpan patience)
{
    private readonly Lock _lock = new();
    private readonly List<HandlerRun> _runs = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private int _running;

    public IReadOnlyList<HandlerRun> Runs
    {
        get
        {
            lock (_lock)
            {
                return [.. _runs];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _runs.Count;
            }
        }
    }

    /// <summary>The most handlers that were inside <see cref="Enter"/> at once.</summary>
    public int MostAtOnce { get; private set; }

    public int Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    public void Add(TaskContext context, object? value = null) => Add(context.Message.Id, context.Attempt, value);

    public void Add(object? value = null) => Add(Guid.Empty, 0, value);

    /// <summary>Records a run that lasts until the result is disposed.</summary>
    public IDisposable Enter(TaskContext context, object? value = null)
    {
        lock (_lock)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
        }

        Add(context, value);
        return new Exit(this);
    }

    /// <summary>How often each message ran.</summary>
    public Dictionary<Guid, int> RunsById() => Runs.GroupBy(run => run.Id).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>Waits, in real time, for a number of runs.</summary>
    public async Task WaitAsync(int count)
    {
        TaskCompletionSource reached;
        lock (_lock)
        {
            if (_runs.Count >= count)
            {
                return;
            }

            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, reached));
        }

        try
        {
            await reached.Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Expected {count} runs, got {Count} in {patience}.");
        }
    }

    private void Add(Guid id, int attempt, object? value)
    {
        lock (_lock)
        {
            _runs.Add(new HandlerRun(id, attempt, clock.GetUtcNow(), value));
            foreach (var (count, reached) in _waiters)
            {
                if (_runs.Count >= count)
                {
                    reached.TrySetResult();
                }
            }
        }
    }

    private sealed class Exit(Recorder recorder) : IDisposable
    {
        private int _done;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                lock (recorder._lock)
                {
                    recorder._running--;
                }
            }
        }
    }
}
