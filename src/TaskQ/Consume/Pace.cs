namespace TaskQ.Consume;

/// <summary>How many messages the workers of this process start soon, which is all that it may keep from others.</summary>
/// <remarks>
/// Soon is a tenth of a lease. Each worker is taken to go on at the average, or at the pace of its present message where
/// that takes longer: so one long message among short ones counts for one worker only. While nothing has ended yet, a
/// message for each worker is enough.
/// </remarks>
internal sealed class Pace(QueueOptions options, ConsumerCounters counters, Crew crew, LoopPool workers)
{
    private const int LeaseShare = 10;

    private readonly TimeSpan _soon = options.LeaseDuration / LeaseShare;

    /// <summary>How many start soon, at least one.</summary>
    public int StartsSoon()
    {
        double starts = counters.Ended == 0
            ? workers.Target
            : crew.StartsWithin(_soon, counters.AverageDuration, options.TimeProvider.GetTimestamp());
        return (int)Math.Clamp(Math.Ceiling(starts), 1, int.MaxValue);
    }
}
