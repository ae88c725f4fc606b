using System.Threading.RateLimiting;
using TaskQ.Backend;
using TaskQ.Dispatch;

namespace TaskQ.Consume;

/// <summary>Takes permits of <see cref="QueueOptions.RateLimiter"/> before a fetch, so that no worker waits for one.</summary>
/// <remarks>
/// Permits that a fetch did not use stay for the next one. When two fetches in a row found nothing, all but one are
/// given back, so that an idle queue does not starve another that shares the limiter.
/// </remarks>
internal sealed class LocalLimiter(RateLimiter limiter, TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly List<RateLimitLease> _spare = [];
    private bool _foundNothing;

    /// <summary>Waits for at least one permit and takes up to <paramref name="max"/>.</summary>
    /// <returns>How many messages may be fetched; zero when cancelled.</returns>
    public async ValueTask<int> AcquireAsync(int max, CancellationToken cancellationToken)
    {
        while (_spare.Count == 0)
        {
            RateLimitLease lease;
            try
            {
                lease = await limiter.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return 0;
            }

            if (lease.IsAcquired)
            {
                _spare.Add(lease);
                break;
            }

            TimeSpan delay = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan retryAfter)
                ? retryAfter
                : DefaultRetryAfter;
            lease.Dispose();
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return 0;
            }
        }

        int wanted = _foundNothing ? 1 : max;
        while (_spare.Count < wanted)
        {
            RateLimitLease lease = limiter.AttemptAcquire(1);
            if (!lease.IsAcquired)
            {
                lease.Dispose();
                break;
            }

            _spare.Add(lease);
        }

        return Math.Min(_spare.Count, max);
    }

    /// <summary>Gives each fetched message its permit.</summary>
    public void Assign(IReadOnlyList<Delivery> deliveries)
    {
        for (int i = 0; i < deliveries.Count; i++)
        {
            deliveries[i].Running = new RunningHandler { Permit = _spare[^1] };
            _spare.RemoveAt(_spare.Count - 1);
        }

        if (deliveries.Count == 0 && _foundNothing)
        {
            DisposeAllBut(1);
        }

        _foundNothing = deliveries.Count == 0;
    }

    public void Dispose() => DisposeAllBut(0);

    private void DisposeAllBut(int count)
    {
        while (_spare.Count > count)
        {
            _spare[^1].Dispose();
            _spare.RemoveAt(_spare.Count - 1);
        }
    }
}
