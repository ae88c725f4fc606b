namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>
/// The rate limit by the generic cell rate algorithm, and a second look at what was granted that knows nothing of it.
/// https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
/// </summary>
internal sealed class RateModel(int burst, TimeSpan interval)
{
    private readonly List<(DateTimeOffset Time, int Count)> _granted = [];
    private DateTimeOffset _arrival;

    public int PermitsAt(DateTimeOffset now) =>
        burst == 0 ? int.MaxValue : (int)(((interval * burst) - Backlog(now)) / interval);

    public void Take(int count, DateTimeOffset now)
    {
        if (burst == 0 || count == 0)
        {
            return;
        }

        _arrival = now + Backlog(now) + (interval * count);
        _granted.Add((now, count));
    }

    /// <summary>No span of time has more starts than the burst and one for each interval.</summary>
    public void AssertHeld()
    {
        for (var first = 0; first < _granted.Count; first++)
        {
            var started = 0;
            foreach (var (time, count) in _granted.Skip(first))
            {
                started += count;
                var allowed = burst + (int)((time - _granted[first].Time) / interval);
                Assert.True(started <= allowed, $"rate limit: {started} started within {time - _granted[first].Time}, {allowed} may");
            }
        }
    }

    private TimeSpan Backlog(DateTimeOffset now) => _arrival > now ? _arrival - now : TimeSpan.Zero;
}
