namespace TaskQ.Consume;

/// <summary>The workers that run, and what the scaler needs to know of them.</summary>
internal sealed class Crew(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Worker> _workers = [];
    private int _epoch;
    private long _fresh;
    private long _freshTicks;

    /// <summary>A number that changes with the target of workers: runs that began before are not judged after.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Runs that began and ended under one target, and their time.</summary>
    public (long Count, TimeSpan Time) Fresh =>
        (Interlocked.Read(ref _fresh), timeProvider.GetElapsedTime(0, Interlocked.Read(ref _freshTicks)));

    public void Add(Worker worker)
    {
        lock (_lock)
        {
            _workers.Add(worker);
        }
    }

    public void Remove(Worker worker)
    {
        lock (_lock)
        {
            _workers.Remove(worker);
        }
    }

    public Worker[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _workers];
        }
    }

    public void BeginEpoch() => Interlocked.Increment(ref _epoch);

    public void AddFresh(int count, long timestampTicks)
    {
        Interlocked.Add(ref _fresh, count);
        Interlocked.Add(ref _freshTicks, timestampTicks);
    }

    /// <summary>How many messages the workers start within a time, each at the average or, where its present one takes longer, at that one's pace.</summary>
    public double StartsWithin(TimeSpan time, TimeSpan average, long now)
    {
        double starts = 0;
        lock (_lock)
        {
            foreach (Worker worker in _workers)
            {
                TimeSpan running = worker.RunningSince is not 0 and var since ? timeProvider.GetElapsedTime(since, now) : TimeSpan.Zero;
                TimeSpan each = running > average ? running : average;
                starts += each > TimeSpan.Zero ? time / each : double.PositiveInfinity;
            }
        }

        return starts;
    }

    /// <summary>How many workers run a message, and since when, summed.</summary>
    public (int Busy, TimeSpan Time) Running(long now)
    {
        int busy = 0;
        long ticks = 0;
        lock (_lock)
        {
            foreach (Worker worker in _workers)
            {
                if (worker.RunningSince is not 0 and var since)
                {
                    busy++;
                    ticks += Math.Max(0, now - since);
                }
            }
        }

        return (busy, timeProvider.GetElapsedTime(0, ticks));
    }
}
