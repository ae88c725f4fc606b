using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>What operators do. A list is read in pages, so it shows a queue that changes meanwhile.</summary>
internal sealed partial class RedisQueueBackend
{
    private const int PageSize = 100;

    private static readonly (MessageState State, string Letter)[] States =
    [
        (MessageState.Ready, "R"),
        (MessageState.Delayed, "D"),
        (MessageState.InFlight, "F"),
        (MessageState.Dead, "X"),
    ];

    public async ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        (_, List<FoundMessage> found) = await FindAsync("G", IdBytes.Of(id), 0, cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0].Message;
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken)
    {
        var matches = new List<StoredMessage>();
        foreach ((MessageState state, string letter) in States)
        {
            if (filter.State is not null && filter.State != state)
            {
                continue;
            }

            for (int skip = 0; matches.Count < max; skip += PageSize)
            {
                (long now, List<FoundMessage> page) = await FindAsync(letter, skip, PageSize, cancellationToken).ConfigureAwait(false);
                long newest = filter.MinAge is { } age ? now - RedisTime.FromSpan(age) : long.MaxValue;
                foreach (FoundMessage found in page)
                {
                    bool isMatch = (filter.TaskName is null || filter.TaskName == found.Record.TaskName)
                        && found.Record.EnqueuedAt <= newest;
                    if (isMatch && matches.Count < max)
                    {
                        matches.Add(found.Message);
                    }
                }

                if (page.Count < PageSize)
                {
                    break;
                }
            }
        }

        return matches;
    }

    public async ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        await OperateAsync("cancel", IdBytes.Of(id), None, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) =>
        await OperateAsync("reschedule", IdBytes.Of(id), RedisTime.FromDueTime(dueAt), cancellationToken).ConfigureAwait(false);

    public async ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) =>
        await OperateAsync(paused ? "pause" : "resume", None, None, cancellationToken).ConfigureAwait(false);

    public async ValueTask PurgeAsync(CancellationToken cancellationToken) =>
        await OperateAsync("purge", None, None, cancellationToken).ConfigureAwait(false);

    public async ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        RedisResult reply = await RunAsync(QueueScripts.Count, [None, _deadRetention, _maxDead], cancellationToken).ConfigureAwait(false);
        var counts = (RedisResult[])reply!;
        return new QueueCounts((long)counts[0], (long)counts[1], (long)counts[2], (long)counts[3]);
    }

    private async Task<bool> OperateAsync(RedisValue what, RedisValue id, RedisValue due, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        RedisResult done = await RunAsync(QueueScripts.Operate, [None, what, id, due], cancellationToken).ConfigureAwait(false);
        return (long)done == 1;
    }

    private async Task<(long Now, List<FoundMessage> Found)> FindAsync(
        RedisValue what,
        RedisValue idOrSkip,
        int count,
        CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        RedisResult reply = await RunAsync(
            QueueScripts.Get, [None, _deadRetention, _maxDead, what, idOrSkip, count], cancellationToken).ConfigureAwait(false);
        var values = (RedisResult[])reply!;
        var found = new List<FoundMessage>();
        for (int i = 1; i < values.Length; i += 5)
        {
            found.Add(FoundMessage.Read(values.AsSpan(i, 5)));
        }

        return ((long)values[0], found);
    }

    /// <summary>A message with its record, which tells task and time for filters.</summary>
    private readonly record struct FoundMessage(StoredMessage Message, MessageRecord Record, Death? Death)
    {
        public static FoundMessage Read(ReadOnlySpan<RedisResult> values)
        {
            Guid id = IdBytes.Read((byte[])values[0]!);
            MessageState state = StateOf((string)values[1]!);
            byte[] stored = (byte[])values[2]!;
            string attempts = (string)values[3]!;
            var due = (RedisValue)values[4];
            (Death? death, MessageRecord record) = state == MessageState.Dead
                ? DeathRecord.Read(stored)
                : (null, new MessageRecord(stored));
            int next = attempts.Length == 0 ? 1 : ReadAttempts(attempts).Attempt;
            int attempt = death?.Attempts ?? (state == MessageState.InFlight ? next : next - 1);
            DateTimeOffset dueAt = RedisTime.ToTime(due.IsNullOrEmpty ? record.DueAt : RedisTime.Parse(due));
            return new FoundMessage(new StoredMessage(id, record.Body, state, attempt, dueAt), record, death);
        }

        private static MessageState StateOf(string letter) => letter switch
        {
            "R" => MessageState.Ready,
            "D" => MessageState.Delayed,
            "F" => MessageState.InFlight,
            _ => MessageState.Dead,
        };
    }
}
