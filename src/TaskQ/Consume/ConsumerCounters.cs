namespace TaskQ.Consume;

/// <summary>What a consumer has done since it was created.</summary>
internal sealed class ConsumerCounters(TimeProvider timeProvider)
{
    // The weight of the newest duration in the moving average.
    private const double Weight = 0.1;

    private long _processed;
    private long _retries;
    private long _failures;
    private long _ended;
    private long _busyTicks;
    private double _averageTicks;

    public long Processed => Interlocked.Read(ref _processed);

    public long Retries => Interlocked.Read(ref _retries);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Runs that have ended, however.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>The time of all runs that have ended.</summary>
    public TimeSpan BusyTime => ToTime(Interlocked.Read(ref _busyTicks));

    public TimeSpan AverageDuration => ToTime((long)Volatile.Read(ref _averageTicks));

    public void AddProcessed(long count) => Interlocked.Add(ref _processed, count);

    public void AddRetry() => Interlocked.Increment(ref _retries);

    public void AddFailure() => Interlocked.Increment(ref _failures);

    /// <summary>Counts runs that have ended, and the time that they took together.</summary>
    public void AddRuns(int count, long timestampTicks)
    {
        // Two workers at once may lose an update of the average, which is a few samples less of many.
        double average = Volatile.Read(ref _averageTicks);
        double sample = (double)timestampTicks / count;
        double kept = Math.Pow(1 - Weight, count);
        Volatile.Write(ref _averageTicks, average == 0 ? sample : (average * kept) + (sample * (1 - kept)));
        Interlocked.Add(ref _busyTicks, timestampTicks);
        Interlocked.Add(ref _ended, count);
    }

    private TimeSpan ToTime(long timestampTicks) => timeProvider.GetElapsedTime(0, timestampTicks);
}
