using TaskQ.Add.Encode;
using TaskQ.Backend;
using TaskQ.Registry;

namespace TaskQ;

public sealed partial class TaskQueue
{
    /// <summary>Counts the messages by state.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The counts.</returns>
    public Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) =>
        Backend.CountAsync(cancellationToken).AsTask();

    /// <summary>Removes ready, delayed and reserved messages; dead letters and taken names stay.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are removed.</returns>
    public Task PurgeAsync(CancellationToken cancellationToken = default) =>
        Backend.PurgeAsync(cancellationToken).AsTask();

    /// <summary>Stops fetching in every process; what is buffered still runs.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the store has taken it.</returns>
    public Task PauseAsync(CancellationToken cancellationToken = default) =>
        Backend.SetPausedAsync(true, cancellationToken).AsTask();

    /// <summary>Allows fetching again in every process.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the store has taken it.</returns>
    public Task ResumeAsync(CancellationToken cancellationToken = default) =>
        Backend.SetPausedAsync(false, cancellationToken).AsTask();

    /// <summary>Finds a message in any state.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The message, null when there is none.</returns>
    /// <exception cref="NotSupportedException">The backend finds no single messages.</exception>
    public async Task<MessageInfo?> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        CapabilityCheck.Lookup(Name, Backend.Capabilities, MessageState.Dead);
        StoredMessage? stored = await Backend.GetAsync(id, cancellationToken).ConfigureAwait(false);
        return stored is null ? null : ToInfo(stored);
    }

    /// <summary>Lists messages, the oldest of each state first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The messages.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    /// <exception cref="NotSupportedException">The backend finds no single messages.</exception>
    public async Task<IReadOnlyList<MessageInfo>> ListAsync(
        MessageFilter filter,
        int max,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        CapabilityCheck.Lookup(Name, Backend.Capabilities, filter.State);
        IReadOnlyList<StoredMessage> stored = await Backend.ListAsync(filter, max, cancellationToken).ConfigureAwait(false);
        return [.. stored.Select(ToInfo)];
    }

    /// <summary>Cancels a message: one that waits is removed, one that runs sees its token cancelled at the next heartbeat and is not retried.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message, dead letters left aside.</returns>
    /// <exception cref="NotSupportedException">The backend can't cancel single messages.</exception>
    public async Task<bool> CancelAsync(Guid id, CancellationToken cancellationToken = default)
    {
        CapabilityCheck.Cancel(Name, Backend.Capabilities);
        return await Backend.CancelAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves a message that waits to another time.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="dueAt">The time; in the past means now.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was such a message waiting.</returns>
    /// <exception cref="NotSupportedException">The backend finds no single messages.</exception>
    public async Task<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken = default)
    {
        CapabilityCheck.Lookup(Name, Backend.Capabilities);
        return await Backend.RescheduleAsync(id, dueAt, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists dead letters, the oldest first.</summary>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letters.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    public async Task<IReadOnlyList<DeadLetter>> PeekDeadAsync(int max, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        IReadOnlyList<DeadMessage> dead = await Backend.PeekDeadAsync(max, cancellationToken).ConfigureAwait(false);
        return [.. dead.Select(ToDeadLetter)];
    }

    /// <summary>Finds one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The dead letter, null when there is none.</returns>
    public async Task<DeadLetter?> PeekDeadAsync(Guid id, CancellationToken cancellationToken = default)
    {
        DeadMessage? dead = await Backend.GetDeadAsync(id, cancellationToken).ConfigureAwait(false);
        return dead is null ? null : ToDeadLetter(dead);
    }

    /// <summary>Makes dead letters ready again, the oldest first: their attempts start anew, their ids stay.</summary>
    /// <param name="max">How many at most, at least 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is less than 1.</exception>
    public Task<int> RequeueDeadAsync(int max, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        return Backend.RequeueDeadAsync(max, cancellationToken).AsTask();
    }

    /// <summary>Makes one dead letter ready again: its attempts start anew, its id stays.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    public Task<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken = default) =>
        Backend.RequeueDeadAsync(id, cancellationToken).AsTask();

    /// <summary>Deletes one dead letter.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there was one.</returns>
    public Task<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken = default) =>
        Backend.DeleteDeadAsync(id, cancellationToken).AsTask();

    /// <summary>Deletes all dead letters.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are deleted.</returns>
    public Task PurgeDeadAsync(CancellationToken cancellationToken = default) =>
        Backend.PurgeDeadAsync(cancellationToken).AsTask();

    private MessageInfo ToInfo(StoredMessage stored) =>
        new(ToMessage(stored.Id, stored.Body, stored.Attempt), stored.State, stored.DueAt) { Errors = stored.Errors };

    private DeadLetter ToDeadLetter(DeadMessage dead)
    {
        Death death = dead.Death;
        TaskMessage message = ToMessage(dead.Id, dead.Body, death.Attempts);
        return new DeadLetter(message, death.Reason, death.ErrorType, death.ErrorMessage, death.Attempts, dead.DiedAt);
    }

    /// <summary>The message in a body; one that can't be decoded has its id and no task name.</summary>
    private TaskMessage ToMessage(Guid id, MessageBody body, int attempt)
    {
        TaskMessage message;
        try
        {
            message = (body.Message ?? Codec.Decode(body.Frame)).WithId(id);
        }
        catch (Exception error) when (error is PayloadException or UnknownFrameVersionException)
        {
            message = new TaskMessage("", id, ArgumentArray.Empty, null, null, default);
        }

        message.Attempt = attempt;
        return message;
    }
}
