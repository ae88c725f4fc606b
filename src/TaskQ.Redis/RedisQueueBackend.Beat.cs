using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>Leases: extended by beats, ended by the server's time.</summary>
internal sealed partial class RedisQueueBackend
{
    /// <summary>How many leases one call extends; each takes the server up to 7 microseconds.</summary>
    private const int BeatSize = 150;

    /// <summary>How many messages those hold, unless a single one holds more; each is looked up among those that were cancelled.</summary>
    private const int BeatMessages = 2000;

    public async ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        List<Delivery>? lost = null;
        List<Delivery>? cancelled = null;
        for (int start = 0, count; start < leases.Count; start += count)
        {
            count = BeatLength(leases, start);
            var arguments = new RedisValue[1 + (2 * count)];
            for (int i = 0; i < count; i++)
            {
                arguments[1 + (2 * i)] = IdBytes.Of(leases[start + i].Id);
                arguments[2 + (2 * i)] = StoreTime.FromSpan(leases[start + i].Duration);
            }

            var reply = (RedisResult[])(await RunAsync(QueueScripts.Beat, arguments, cancellationToken).ConfigureAwait(false))!;
            var gone = (RedisResult[])reply[0]!;
            var cancelledIds = (RedisResult[])reply[1]!;
            if (gone.Length + cancelledIds.Length > 0)
            {
                Collect(leases, gone, cancelledIds, ref lost, ref cancelled);
            }
        }

        return lost is null && cancelled is null
            ? BeatResult.AllHeld
            : new BeatResult { Lost = lost is null ? [] : lost, Cancelled = cancelled is null ? [] : cancelled };
    }

    /// <summary>How many of the leases go with one call.</summary>
    private static int BeatLength(IReadOnlyList<Lease> leases, int start)
    {
        int end = start;
        int messages = 0;
        while (end < leases.Count && end - start < BeatSize)
        {
            messages += leases[end].Deliveries.Count;
            if (end > start && messages > BeatMessages)
            {
                break;
            }

            end++;
        }

        return end - start;
    }

    private static void Collect(
        IReadOnlyList<Lease> leases,
        RedisResult[] gone,
        RedisResult[] cancelledIds,
        ref List<Delivery>? lost,
        ref List<Delivery>? cancelled)
    {
        var goneLeases = new HashSet<Guid>(gone.Length);
        foreach (RedisResult lease in gone)
        {
            goneLeases.Add(IdBytes.Read((byte[])lease!));
        }

        var ids = new HashSet<Guid>(cancelledIds.Length);
        foreach (RedisResult id in cancelledIds)
        {
            ids.Add(IdBytes.Read((byte[])id!));
        }

        foreach (Lease lease in leases)
        {
            bool isGone = goneLeases.Contains(lease.Id);
            foreach (Delivery delivery in lease.Deliveries)
            {
                if (isGone)
                {
                    (lost ??= []).Add(delivery);
                }
                else if (ids.Contains(delivery.Id))
                {
                    (cancelled ??= []).Add(delivery);
                }
            }
        }
    }
}
