namespace TaskQ.Sql.Store;

/// <summary>
/// Looks again and again while somebody waits. On a thread of its own, by a real clock: what it looks for happens in another
/// process, and a timer of the thread pool costs ten times as much, for the pool's threads spin before they sleep.
/// </summary>
internal sealed class ChangeWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongPeriod = TimeSpan.FromMilliseconds(20);

    /// <summary>After how many looks without a change it looks less often.</summary>
    private const int Patience = 100;

    private readonly Func<bool> _look;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _signal = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private int _waiting;
    private bool _isParked;
    private bool _disposed;

    /// <summary>Creates a watch, which starts with the first that waits.</summary>
    /// <param name="look">Looks, and says whether there was a change.</param>
    public ChangeWatch(Func<bool> look) => _look = look;

    /// <summary>Somebody waits.</summary>
    public void Enter()
    {
        lock (_lock)
        {
            _waiting++;
            if (_disposed)
            {
                return;
            }

            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "TaskQ.Sql watch" };
                _thread.UnsafeStart();
            }
            else if (_isParked)
            {
                _isParked = false;
                _signal.Set();
            }
        }
    }

    /// <summary>Somebody waits no more. With nobody left, the thread sleeps from its next look on.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _waiting--;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_thread is null)
            {
                _ended.SetResult();
            }

            _signal.Set();
        }

        await _ended.Task.ConfigureAwait(false);
        _signal.Dispose();
    }

    private void Run()
    {
        int idle = 0;
        while (MayGoOn(out bool isParked))
        {
            if (isParked)
            {
                _signal.WaitOne();
            }
            else if (!_signal.WaitOne(idle < Patience ? Period : LongPeriod))
            {
                idle = _look() ? 0 : idle + 1;
            }
        }

        _ended.SetResult();
    }

    private bool MayGoOn(out bool isParked)
    {
        lock (_lock)
        {
            isParked = _isParked = _waiting == 0;
            return !_disposed;
        }
    }
}
