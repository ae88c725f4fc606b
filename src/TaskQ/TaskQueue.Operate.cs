namespace TaskQ;

public sealed partial class TaskQueue
{
    /// <summary>Counts the messages by state.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The counts.</returns>
    public Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Removes ready, delayed and reserved messages; dead letters and taken names stay.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are removed.</returns>
    public Task PurgeAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops fetching in every process; what is buffered still runs.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the store has taken it.</returns>
    public Task PauseAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Allows fetching again in every process.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the store has taken it.</returns>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Finds a message in any state.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The message, null when there is none.</returns>
    public Task<MessageInfo?> GetAsync(Guid id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Lists messages, the oldest of each state first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The messages.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    public Task<IReadOnlyList<MessageInfo>> ListAsync(
        MessageFilter filter,
        int max,
        CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Cancels a message: one that waits is removed, one that runs sees its token cancelled at the next heartbeat and is not retried.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message, dead letters left aside.</returns>
    public Task<bool> CancelAsync(Guid id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Moves a message that waits to another time.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="dueAt">The time; in the past means now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message waiting.</returns>
    public Task<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Lists dead letters, the oldest first.</summary>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letters.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    public Task<IReadOnlyList<DeadLetter>> PeekDeadAsync(int max, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Finds one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letter, null when there is none.</returns>
    public Task<DeadLetter?> PeekDeadAsync(Guid id, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Makes dead letters ready again, the oldest first: their attempts start anew, their ids stay.</summary>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    public Task<int> RequeueDeadAsync(int max, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes one dead letter ready again: its attempts start anew, its id stays.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    public Task<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    public Task<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes all dead letters.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are deleted.</returns>
    public Task PurgeDeadAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
