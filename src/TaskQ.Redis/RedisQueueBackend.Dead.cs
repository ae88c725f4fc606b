using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>Dead letters. What is too old is trimmed when somebody looks and when a message dies.</summary>
internal sealed partial class RedisQueueBackend
{
    /// <summary>How many one call makes ready again: each is copied from one place to another.</summary>
    private const int RequeueSize = 100;

    public async ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        var dead = new List<DeadMessage>();
        for (int skip = 0; dead.Count < max;)
        {
            int count = Math.Min(PageSize, max - dead.Count);
            FoundPage page = await FindAsync(["X", skip, count], cancellationToken).ConfigureAwait(false);
            foreach (FoundMessage found in page.Messages)
            {
                dead.Add(ToDead(found));
            }

            if (page.Looked == 0)
            {
                break;
            }

            skip += page.Looked;
        }

        return dead;
    }

    public async ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        FoundMessage? found = await FindOneAsync(id, cancellationToken).ConfigureAwait(false);
        return found is { Death: not null } dead ? ToDead(dead) : null;
    }

    public async ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        int requeued = 0;
        while (requeued < max)
        {
            int count = Math.Min(RequeueSize, max - requeued);
            int done = await ChangeDeadAsync("requeue", None, count, cancellationToken).ConfigureAwait(false);
            if (done == 0)
            {
                break;
            }

            requeued += done;
        }

        return requeued;
    }

    public async ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) =>
        await ChangeDeadAsync("requeue", IdBytes.Of(id), 1, cancellationToken).ConfigureAwait(false) == 1;

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => DeleteDeadAsync(id, diedAt: null, cancellationToken);

    /// <summary>Deletes one only if it died at that time, null for any.</summary>
    public async ValueTask<bool> DeleteDeadAsync(Guid id, DateTimeOffset? diedAt, CancellationToken cancellationToken) =>
        await ChangeDeadAsync("delete", IdBytes.Of(id), 1, cancellationToken, diedAt is { } time ? StoreTime.FromTime(time) : None).ConfigureAwait(false) == 1;

    public async ValueTask PurgeDeadAsync(CancellationToken cancellationToken)
    {
        // As many as there are now; what dies meanwhile may stay.
        long left = (await CountAsync(cancellationToken).ConfigureAwait(false)).Dead;
        while (left > 0)
        {
            int done = await ChangeDeadAsync("delete", None, CallSize, cancellationToken).ConfigureAwait(false);
            left = done == 0 ? 0 : left - done;
        }
    }

    private static DeadMessage ToDead(FoundMessage found) =>
        new(found.Message.Id, found.Message.Body, found.Death!, found.Message.DueAt);

    private async Task<int> ChangeDeadAsync(
        RedisValue what, RedisValue id, int count, CancellationToken cancellationToken, RedisValue diedAt = default)
    {
        ThrowIfDisposed();
        RedisResult done = await RunAsync(
            QueueScripts.Dead, [None, _arguments.DeadRetention, _arguments.MaxDead, what, id, count, diedAt.IsNull ? None : diedAt], cancellationToken).ConfigureAwait(false);
        return (int)done;
    }
}
