namespace TaskQ.Consume;

/// <summary>Calls an action at regular times, whatever the thread pool is busy with.</summary>
/// <remarks>
/// On the system clock it has a thread of its own, since a timer's callback waits for the thread pool. On any other
/// clock, which is a test's, it is a timer of that clock.
/// </remarks>
internal sealed class Pulse : IDisposable
{
    private readonly Action _action;
    private readonly Func<TimeSpan> _interval;
    private readonly ITimer? _timer;
    private readonly ManualResetEventSlim? _stop;

    /// <param name="name">The name of its thread.</param>
    /// <param name="interval">The time until the next call, asked for after each.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="action">What it calls; must not throw.</param>
    public Pulse(string name, Func<TimeSpan> interval, TimeProvider timeProvider, Action action)
    {
        _action = action;
        _interval = interval;
        if (!ReferenceEquals(timeProvider, TimeProvider.System))
        {
            _timer = timeProvider.CreateTimer(
                static state => ((Pulse)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(interval(), Timeout.InfiniteTimeSpan);
            return;
        }

        // Without spinning: it is nearly always the time that ends the wait.
        _stop = new ManualResetEventSlim(initialState: false, spinCount: 0);
        var thread = new Thread(Run) { IsBackground = true, Name = name };
        thread.UnsafeStart();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _stop?.Set();
    }

    private void OnTimer()
    {
        // Armed again first: what the action takes does not add to the interval, and a clock that leaps fires each beat.
        _timer!.Change(_interval(), Timeout.InfiniteTimeSpan);
        _action();
    }

    private void Run()
    {
        while (!_stop!.Wait(_interval()))
        {
            _action();
        }

        _stop.Dispose();
    }
}
