using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>What operators do to a message or to the queue. What may be much goes in several calls.</summary>
internal sealed partial class RedisQueueBackend
{
    public async ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        await OperateAsync("cancel", IdBytes.Of(id), None, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) =>
        await OperateAsync("reschedule", IdBytes.Of(id), StoreTime.FromDueTime(dueAt), cancellationToken).ConfigureAwait(false);

    public async ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) =>
        await OperateAsync(paused ? "pause" : "resume", None, None, cancellationToken).ConfigureAwait(false);

    public async ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        bool isDone = false;
        while (!isDone)
        {
            isDone = await OperateAsync("purge", None, None, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        while (true)
        {
            RedisResult reply = await RunAsync(QueueScripts.Count, [None, _arguments.DeadRetention, _arguments.MaxDead], cancellationToken)
                .ConfigureAwait(false);
            if ((RedisResult[])reply! is { Length: > 0 } counts)
            {
                return new QueueCounts((long)counts[0], (long)counts[1], (long)counts[2], (long)counts[3]);
            }
        }
    }

    private async Task<bool> OperateAsync(RedisValue what, RedisValue id, RedisValue due, CancellationToken cancellationToken)
    {
        RedisValue from = None;
        while (true)
        {
            ThrowIfDisposed();
            RedisResult reply = await RunAsync(QueueScripts.Operate, [None, what, id, due, from], cancellationToken).ConfigureAwait(false);
            if ((byte[])reply! is not [var done])
            {
                // There is more to look through.
                from = (byte[])reply!;
                continue;
            }

            return done == '1';
        }
    }
}
