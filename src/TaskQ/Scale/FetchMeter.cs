namespace TaskQ.Scale;

/// <summary>Counts fetches and times those that did not wait for a message.</summary>
internal sealed class FetchMeter(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private FetchTotals _totals;

    public void Add(long startTimestamp, bool full)
    {
        TimeSpan elapsed = timeProvider.GetElapsedTime(startTimestamp);
        lock (_lock)
        {
            _totals = full
                ? new FetchTotals(_totals.All + 1, _totals.Full + 1, _totals.FullTime + elapsed)
                : _totals with { All = _totals.All + 1 };
        }
    }

    public FetchTotals Read()
    {
        lock (_lock)
        {
            return _totals;
        }
    }
}
