using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>What operators do. SQS has no pause: it holds for this process. It finds no single message, so that is refused.</summary>
internal sealed partial class SqsQueueBackend
{
    private const string ReadyCount = "ApproximateNumberOfMessages";
    private const string DelayedCount = "ApproximateNumberOfMessagesDelayed";
    private const string InFlightCount = "ApproximateNumberOfMessagesNotVisible";

    private static readonly string[] Counts = [ReadyCount, DelayedCount, InFlightCount];

    private Pausing _pausing = new(isPaused: false);

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) => throw NoLookup();

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) => throw NoLookup();

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => throw NoLookup();

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) => throw NoLookup();

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        Pausing old;
        lock (_lock)
        {
            old = _pausing;
            if (old.IsPaused == paused)
            {
                return default;
            }

            Volatile.Write(ref _pausing, new Pausing(paused));
        }

        old.End();
        return default;
    }

    public async ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        QueueInfo info = await FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        Task<IReadOnlyDictionary<string, string>> counting = _client.GetQueueAttributesAsync(info.Url, Counts, cancellationToken);
        long dead = await CountDeadAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<string, string> counts = await counting.ConfigureAwait(false);
        return new QueueCounts(Count(counts, ReadyCount), Count(counts, DelayedCount), Count(counts, InFlightCount), dead);
    }

    public async ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        QueueInfo info = await FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await _client.PurgeAsync(info.Url, cancellationToken).ConfigureAwait(false);

        // SQS takes up to a minute; what runs here is lost now, and elsewhere by the next beat that is refused.
        long now = _time.GetTimestamp();
        Volatile.Write(ref _suspect, null);
        foreach (SqsDelivery[] deliveries in _held.Values)
        {
            foreach (SqsDelivery delivery in deliveries)
            {
                delivery.Deadline = now;
            }
        }
    }

    private static long Count(IReadOnlyDictionary<string, string> counts, string name) =>
        counts.TryGetValue(name, out string? count) ? long.Parse(count, CultureInfo.InvariantCulture) : 0;

    private NotSupportedException NoLookup() => new($"Queue '{_name}' is in SQS, which finds no single messages.");
}
