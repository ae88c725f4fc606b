namespace TaskQ.Backend;

/// <summary>One queue in a store: the contract that every backend implements. It stores; every policy is the core's.</summary>
/// <remarks>
/// All members are safe for use by several threads. Times are those of the store's clock where it has one,
/// otherwise of <see cref="QueueOptions.TimeProvider"/>.
/// </remarks>
public interface IQueueBackend : IAsyncDisposable
{
    /// <summary>What the store can do by itself.</summary>
    BackendCapabilities Capabilities { get; }

    /// <summary>Stores a message unless its name is taken, name and message atomically.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the wait; the message may be stored all the same.</param>
    /// <returns>Added, or duplicate of which id. An id that is stored already is not stored twice and counts as added.</returns>
    ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken);

    /// <summary>Stores messages, each as <see cref="AddAsync"/> does, in one round trip if the store can.</summary>
    /// <param name="messages">The messages, at most <see cref="BackendCapabilities.MaxAddBatch"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; messages may be stored all the same.</param>
    /// <returns>The results in the order of the messages.</returns>
    ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken);

    /// <summary>
    /// Settles finished deliveries at once, each only if its lease still holds; then, if asked to, reserves up to
    /// <see cref="FetchRequest.Max"/> messages within the queue's limits, and waits for the first.
    /// </summary>
    /// <param name="finished">What is finished; any number, which a store whose calls are bounded splits. The caller uses the list again when the call has ended: whoever needs it for longer copies it.</param>
    /// <param name="fetch">What to reserve, null for nothing.</param>
    /// <param name="cancellationToken">Ends the wait for messages; the result then holds none, and no exception is thrown for it.</param>
    /// <returns>
    /// What was reserved, and which settlements were refused because the lease is lost. A call that waits returns before
    /// its time only with messages, suspects, a change of the pause, or because it settled something: its caller asks
    /// again at once.
    /// </returns>
    ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken);

    /// <summary>Extends leases by their duration from now.</summary>
    /// <param name="leases">The leases that hold unsettled deliveries.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Which of their deliveries are lost, and which an operator cancelled.</returns>
    ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken);

    /// <summary>Finds a message in any state.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The message, null when there is none.</returns>
    ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Lists messages, the oldest of each state first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The messages.</returns>
    ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken);

    /// <summary>Removes a message that waits, or marks one that is in flight, so that its next beat reports it and no retry follows.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message, dead letters left aside.</returns>
    ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Moves a ready or delayed message to another due time.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="dueAt">The time; in the past means now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message waiting.</returns>
    ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken);

    /// <summary>Stops or allows fetching for every process.</summary>
    /// <param name="paused">Whether fetching stops.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the store has taken it.</returns>
    ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken);

    /// <summary>Counts the messages by state.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The counts.</returns>
    ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>Removes ready, delayed and reserved messages; dead letters and taken names stay. What runs loses its lease.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are removed.</returns>
    ValueTask PurgeAsync(CancellationToken cancellationToken);

    /// <summary>Lists dead letters, the oldest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letters.</returns>
    ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken);

    /// <summary>Finds a dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letter, null when there is none.</returns>
    ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Makes dead letters ready again, the oldest first, their attempts and crashes counted anew.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many.</returns>
    ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken);

    /// <summary>Makes one dead letter ready again.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Deletes one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Deletes all dead letters.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are deleted.</returns>
    ValueTask PurgeDeadAsync(CancellationToken cancellationToken);
}
