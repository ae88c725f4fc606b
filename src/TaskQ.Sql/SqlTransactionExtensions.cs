using System.Data.Common;

namespace TaskQ.Sql;

/// <summary>Adds as a part of a transaction of the caller's: the messages are there when it commits, and never were when it rolls back.</summary>
/// <remarks>
/// The transaction must be of the database in which the queue lives, and the tables must be there already
/// (<see cref="SqlQueueFactory.EnsureSchemaAsync"/>). Names are taken by the same transaction.
/// </remarks>
public static class SqlTransactionExtensions
{
    /// <summary>Adds a message within a transaction.</summary>
    /// <param name="queue">A queue of a <see cref="SqlQueueFactory"/>.</param>
    /// <param name="message">The message.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Added, or duplicate of which id; it holds once the transaction is committed.</returns>
    /// <exception cref="NotSupportedException">The queue does not live in a database; a <see cref="SqlOutbox"/> is for those.</exception>
    /// <exception cref="ArgumentException">The transaction has ended, or the message's task is not registered on this queue.</exception>
    /// <exception cref="SqlUnavailableException">The database refused a statement; the transaction can only be rolled back.</exception>
    public static async Task<AddResult> AddAsync(
        this TaskQueue queue, TaskMessage message, DbTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return (await queue.AddRangeAsync([message], transaction, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Adds messages within a transaction.</summary>
    /// <param name="queue">A queue of a <see cref="SqlQueueFactory"/>.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The results in the order of the messages; they hold once the transaction is committed.</returns>
    /// <exception cref="NotSupportedException">The queue does not live in a database; a <see cref="SqlOutbox"/> is for those.</exception>
    /// <exception cref="ArgumentException">The transaction has ended, or the task of a message is not registered on this queue.</exception>
    /// <exception cref="SqlUnavailableException">The database refused a statement; the transaction can only be rolled back.</exception>
    public static Task<IReadOnlyList<AddResult>> AddRangeAsync(
        this TaskQueue queue, IEnumerable<TaskMessage> messages, DbTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(transaction);
        if (queue.Backend is not SqlQueueBackend backend)
        {
            throw new NotSupportedException(
                $"Queue '{queue.Name}' lives in '{queue.Capabilities.System}', which takes no part in a transaction of a database: write the message to a SqlOutbox for that queue.");
        }

        return queue.AddRangeAsync(messages, (batch, token) => backend.AddWithinAsync(batch, transaction, token), cancellationToken);
    }
}
