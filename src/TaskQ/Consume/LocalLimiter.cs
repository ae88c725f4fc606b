using System.Threading.RateLimiting;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>Takes permits of <see cref="QueueOptions.RateLimiter"/> in the fetcher, so that no worker waits for one.</summary>
/// <remarks>
/// A busy queue takes permits before it fetches, and keeps what a fetch left over for the next one. An idle queue holds
/// none, or it would starve another that shares the limiter: it fetches one message and takes its permit then.
/// </remarks>
internal sealed class LocalLimiter(RateLimiter limiter, TimeProvider timeProvider, QueueMetrics? metrics = null) : IDisposable
{
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(100);

    // A limiter may answer zero, which would be a spin, or what no timer takes.
    private static readonly TimeSpan ShortestRetryAfter = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(1);

    private readonly List<RateLimitLease> _spare = [];
    private bool _idle = true;

    /// <summary>Makes ready for a fetch of up to <paramref name="max"/> messages.</summary>
    /// <returns>How many may be fetched; zero when cancelled.</returns>
    public async ValueTask<int> PrepareAsync(int max, CancellationToken cancellationToken)
    {
        if (_idle)
        {
            return 1;
        }

        if (_spare.Count == 0)
        {
            if (await WaitForPermitAsync(cancellationToken).ConfigureAwait(false) is not { } permit)
            {
                return 0;
            }

            _spare.Add(permit);
        }

        while (_spare.Count < max)
        {
            RateLimitLease permit = limiter.AttemptAcquire(1);
            if (!permit.IsAcquired)
            {
                permit.Dispose();
                break;
            }

            _spare.Add(permit);
        }

        return Math.Min(_spare.Count, max);
    }

    /// <summary>Gives each fetched message its permit; without one, when cancelled, since it then won't start.</summary>
    public async ValueTask AssignAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        for (int i = 0; i < deliveries.Count; i++)
        {
            if (await TakePermitAsync(cancellationToken).ConfigureAwait(false) is { } permit)
            {
                // A heartbeat may have cancelled it meanwhile: that must stay known.
                deliveries[i].Track().Permit = permit;
            }
        }

        _idle = deliveries.Count == 0;
        if (_idle)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        _spare.ForEach(static permit => permit.Dispose());
        _spare.Clear();
    }

    private async ValueTask<RateLimitLease?> TakePermitAsync(CancellationToken cancellationToken)
    {
        if (_spare.Count == 0)
        {
            return await WaitForPermitAsync(cancellationToken).ConfigureAwait(false);
        }

        RateLimitLease permit = _spare[^1];
        _spare.RemoveAt(_spare.Count - 1);
        return permit;
    }

    private async ValueTask<RateLimitLease?> WaitForPermitAsync(CancellationToken cancellationToken)
    {
        ValueTask<RateLimitLease?> acquiring = AcquireAsync(cancellationToken);
        if (acquiring.IsCompletedSuccessfully)
        {
            return acquiring.GetAwaiter().GetResult();
        }

        long start = metrics?.StartLimiterWait() ?? 0;
        RateLimitLease? permit = await acquiring.ConfigureAwait(false);
        metrics?.EndLimiterWait(start);
        return permit;
    }

    private async ValueTask<RateLimitLease?> AcquireAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            RateLimitLease permit;
            try
            {
                permit = await limiter.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            if (permit.IsAcquired)
            {
                return permit;
            }

            // A limiter without room in its own queue answers at once.
            TimeSpan delay = permit.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? after : DefaultRetryAfter;
            permit.Dispose();
            delay = TimeSpan.FromTicks(Math.Clamp(delay.Ticks, ShortestRetryAfter.Ticks, LongestRetryAfter.Ticks));
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }
}
