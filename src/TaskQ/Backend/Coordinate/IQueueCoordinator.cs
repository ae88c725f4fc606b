namespace TaskQ.Backend.Coordinate;

/// <summary>What one queue needs beside a store that has no notion of names, limits, dead letters, pauses or cancelling.</summary>
/// <remarks>
/// All members are safe for use by several threads, and every process of the queue sees the same. Each call is atomic, and may be
/// repeated with the same arguments: what it has done it does not do again. Times are those of the companion store's clock.
/// It holds no messages but dead letters, so it can't tell whether an id exists, and the numbers of ready, delayed and reserved
/// messages are as exact as the queue's own store counts them.
/// </remarks>
public interface IQueueCoordinator : IAsyncDisposable
{
    /// <summary>
    /// Takes names for messages that are about to be stored, in their order. A name is free when nobody took it, when its time is
    /// over, or when it lasts until its message ends and the queue was purged since. One that is taken here ends by itself after
    /// <paramref name="patience"/> unless it is confirmed.
    /// </summary>
    /// <param name="claims">The messages and their names.</param>
    /// <param name="patience">How long a name is kept for a message that is not known to be stored.</param>
    /// <param name="cancellationToken">Cancels the wait; names may be taken all the same.</param>
    /// <returns>Who holds each name now: the message itself when it was free, or was taken by it before.</returns>
    ValueTask<NameHolder[]> TakeNamesAsync(IReadOnlyList<NameClaim> claims, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>
    /// Confirms names, which are taken for their windows from now on, or frees them. A name that another message holds by now, or
    /// that is confirmed and shall be freed, is left as it is.
    /// </summary>
    /// <param name="claims">The messages and their names.</param>
    /// <param name="isStored">Whether the messages are stored; false frees the names.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when that is done.</returns>
    ValueTask SettleNamesAsync(IReadOnlyList<NameClaim> claims, bool isStored, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to replace a message that holds a name and has not started by one that is about to be stored under an id of its own.
    /// Until that is confirmed, the first of the two to start is the one that counts. Only one at a time replaces a message.
    /// </summary>
    /// <param name="holder">The id of the message that holds the name.</param>
    /// <param name="claim">The message that replaces it, and the name.</param>
    /// <param name="patience">How long a replacement is waited for that is not known to be stored.</param>
    /// <param name="retention">How long the store keeps a message at most, from when it is due.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><see cref="Replacing.Open"/> when it may be stored, <see cref="Replacing.Done"/> when it is in place already.</returns>
    ValueTask<Replacing> BeginReplaceAsync(Guid holder, NameClaim claim, TimeSpan patience, TimeSpan retention, CancellationToken cancellationToken);

    /// <summary>
    /// Confirms a replacement, or gives it up. Once it is confirmed, what stands under the earlier id does not start any more, and the name is
    /// taken at least for the replacement's window from now on.
    /// </summary>
    /// <param name="holder">The id of the message that holds the name.</param>
    /// <param name="claim">The message that replaces it, and the name.</param>
    /// <param name="isStored">Whether the replacement is stored; false gives it up.</param>
    /// <param name="retention">How long the store keeps a message at most, from when it is due.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>What has become of it; never <see cref="Replacing.Open"/>.</returns>
    ValueTask<Replacing> EndReplaceAsync(Guid holder, NameClaim claim, bool isStored, TimeSpan retention, CancellationToken cancellationToken);

    /// <summary>Finds under which ids messages stand in their store, which differ from their own where they were replaced.</summary>
    /// <param name="ids">The ids of the messages.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The ids in the store, in the order of the messages.</returns>
    ValueTask<Guid[]> FindStoreIdsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Starts messages that were fetched, in their order, as far as the pause and the limits of the queue allow. Each takes a
    /// permit of the rate limit, by the generic cell rate algorithm, and until it ends or the lease runs out a slot of the worker
    /// limit. Those that were replaced or that an operator cancelled take nothing. What stands in the place of another message goes by that one's id
    /// from here on. Without ids it only looks.
    /// </summary>
    /// <param name="lease">The lease that they were fetched under; it holds here for its duration without a beat.</param>
    /// <param name="ids">The ids of the messages in their store.</param>
    /// <param name="cancellationToken">Cancels the wait; messages may be started all the same.</param>
    /// <returns>Which may start.</returns>
    ValueTask<StartResult> StartAsync(Lease lease, IReadOnlyList<Guid> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Ends messages: slots are free at once. For those that are finished, the names that lasted until then are free, a cancellation is
    /// forgotten, and so is a dead letter that they left under an earlier lease: the lease must still hold the message, for one that does not
    /// may end late, when the message was requeued and has died again. When a lease runs out instead, its slots are free, and such names end an hour later unless
    /// their messages are started again. Those that are not finished may bound the time of such a name.
    /// </summary>
    /// <param name="ended">The messages; of one that was started again under another lease, the slot stays taken.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when that is done.</returns>
    ValueTask EndAsync(IReadOnlyList<EndedMessage> ended, CancellationToken cancellationToken);

    /// <summary>Extends leases by their duration from now; one that ran out is left alone.</summary>
    /// <param name="leases">The leases.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The ids under these leases that an operator cancelled.</returns>
    ValueTask<IReadOnlyList<Guid>> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken);

    /// <summary>
    /// Cancels a message: one that waits is reported when it is to start, one that is in flight by its next beat. The name that
    /// lasts until its message ends is free at once when it waits. Remembered for a year.
    /// </summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether it was not cancelled before, and is no dead letter; whether there is such a message is not known here.</returns>
    ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stops or allows starting for every process.</summary>
    /// <param name="paused">Whether nothing starts.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when that is so.</returns>
    ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken);

    /// <summary>Forgets what belongs to messages that were purged: names that last until their messages end, slots and cancellations.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when that is done.</returns>
    ValueTask PurgeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a dead letter, in place of an older one of the same id, which died at another time than this one. Those beyond the retention or the count that are kept are dropped,
    /// the oldest first.
    /// </summary>
    /// <param name="leaseId">The lease under which the message died.</param>
    /// <param name="message">The message; the time of its death is set here.</param>
    /// <param name="cancellationToken">Cancels the wait; it may be kept all the same.</param>
    /// <returns>False, and nothing is kept, when the lease does not hold the message any more.</returns>
    ValueTask<bool> AddDeadAsync(Guid leaseId, DeadMessage message, CancellationToken cancellationToken);

    /// <summary>Deletes one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="diedAt">When it died, so that a later death of the same message stays; null for whichever there is.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> DeleteDeadAsync(Guid id, DateTimeOffset? diedAt, CancellationToken cancellationToken);

    /// <summary>Finds a dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The dead letter, null when there is none.</returns>
    ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Lists dead letters, the oldest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The dead letters.</returns>
    ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken);

    /// <summary>Counts the dead letters, exactly.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>How many there are.</returns>
    ValueTask<long> CountDeadAsync(CancellationToken cancellationToken);

    /// <summary>Deletes all dead letters.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when they are deleted.</returns>
    ValueTask PurgeDeadAsync(CancellationToken cancellationToken);
}
