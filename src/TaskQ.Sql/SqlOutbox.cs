using System.Data.Common;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Sql.Outbox;
using TaskQ.Sql.Schema;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>
/// Messages for a queue elsewhere, such as in Redis or SQS, that are written with a transaction of the application's database, and
/// relayed once it is committed: so there is no message without the data that it is about, and no data without its message.
/// </summary>
/// <remarks>
/// 1. <see cref="AddAsync"/> writes the message to the tables of <see cref="SqlQueueFactory"/>, in the caller's transaction.
/// 2. <see cref="StartAsync"/> starts the relay, in one process or in several. 3. It reserves messages under a lease, adds them to the queue
/// under the ids that they were written with, and deletes them. When one dies in between, they are added again a minute later: a queue
/// whose store keeps names knows their ids for <see cref="RememberedFor"/>, and stores none twice. A FIFO queue of SQS knows them for five
/// minutes. Another queue of SQS without a companion does not: there such a message is twice, of which the relay warns when it starts.
/// With a companion it is twice only if the relay dies between the two stores.
/// While the queue is away its messages wait, and no attempt counts. What it refuses otherwise is tried 100 times, and ends among the outbox's
/// dead letters with its reason (<see cref="PeekDeadAsync"/>), which stay until they are requeued: <see cref="SqlOptions.MaxDeadLetters"/>
/// does not hold for them. Delays count from the add, by the database's clock.
/// A name (<c>WithName</c>, <c>OnceInPeriod</c>, <c>Unique</c>) is taken in the queue, when the message gets there.
/// </remarks>
public sealed class SqlOutbox : IAsyncDisposable
{
    private readonly TaskQueue _queue;
    private readonly SqlLink _link;
    private readonly SqlSchema _schema;
    private readonly SqlQueueBackend _backend;
    private readonly OutboxRelay _relay;

    /// <summary>Creates an outbox for a queue.</summary>
    /// <param name="dataSource">Opens connections to the application's database. It is left open when the outbox is closed.</param>
    /// <param name="dialect">The kind of database.</param>
    /// <param name="queue">The queue to which the messages go.</param>
    /// <param name="options">The options; they are copied. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">Options are not valid, or the queue keeps objects instead of bytes (<c>MemoryOptions.EncodeMessages</c>).</exception>
    public SqlOutbox(DbDataSource dataSource, SqlDialect dialect, TaskQueue queue, SqlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(queue);
        if (queue.Capabilities.PassesReferences)
        {
            throw new ArgumentException($"Queue '{queue.Name}' keeps objects, which an outbox can't: set MemoryOptions.EncodeMessages.", nameof(queue));
        }

        SqlOptions copy = options?.Copy() ?? new SqlOptions();
        copy.Validate();
        _queue = queue;
        _link = dialect.CreateLink(dataSource, copy);
        _schema = new SqlSchema(dialect, copy, _link);

        // No queue of an application can have this name. What is in it is business data: nothing of it is dropped unseen.
        copy.MaxDeadLetters = int.MaxValue;
        var ownQueue = new QueueOptions { Name = "outbox:" + queue.Name, TimeProvider = queue.Options.TimeProvider, DeadLetterRetention = TimeSpan.MaxValue };
        _backend = new SqlQueueBackend(ownQueue, dialect, copy, _link, _schema);
        ILogger logger = queue.Options.Services?.GetService(typeof(ILoggerFactory)) is ILoggerFactory loggers ? loggers.CreateLogger("TaskQ") : NullLogger.Instance;
        _relay = new OutboxRelay(_backend, queue, logger);
    }

    /// <summary>For how long a relayed message is known in a queue whose store keeps names, so that it is not added twice: one hour.</summary>
    public static TimeSpan RememberedFor { get; } = MessageName.IdWindow;

    /// <summary>Creates the tables, or brings those of an older version up to date.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the tables are there.</returns>
    /// <exception cref="SqlUnavailableException">The database could not be reached, or its user may not create tables.</exception>
    public Task EnsureSchemaAsync(CancellationToken cancellationToken = default) => _schema.EnsureAsync(cancellationToken);

    /// <summary>Writes a message within a transaction.</summary>
    /// <param name="message">A message of a task of the queue.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException">The transaction has ended, or the message's task is not registered on the queue.</exception>
    /// <exception cref="SqlUnavailableException">The database refused a statement; the transaction can only be rolled back.</exception>
    public async Task<Guid> AddAsync(TaskMessage message, DbTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await AddRangeAsync([message], transaction, cancellationToken).ConfigureAwait(false);
        return message.Id;
    }

    /// <summary>Writes messages within a transaction.</summary>
    /// <param name="messages">Messages of tasks of the queue.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when they are written.</returns>
    /// <exception cref="ArgumentException">The transaction has ended, or the task of a message is not registered on the queue.</exception>
    /// <exception cref="SqlUnavailableException">The database refused a statement; the transaction can only be rolled back.</exception>
    public Task AddRangeAsync(IEnumerable<TaskMessage> messages, DbTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(transaction);
        return _queue.AddRangeAsync(
            messages,
            (batch, token) => AddWithinAsync(batch, transaction, token),
            cancellationToken);
    }

    /// <summary>Starts to relay; nothing happens when it has.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>A task that ends when the tables are there and the relay runs.</returns>
    /// <exception cref="SqlUnavailableException">The database could not be reached, or the tables are missing.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _schema.ReadyAsync(cancellationToken).ConfigureAwait(false);
        _relay.Start();
    }

    /// <summary>Stops to relay, after the add that is on its way, for which it waits 5 s at most; the others stay for the next relay.</summary>
    /// <returns>A task that ends when nothing is relayed any more.</returns>
    public Task StopAsync() => _relay.StopAsync();

    /// <summary>Counts the messages that were not relayed yet.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Ready, delayed after a failure, in flight, and refused by the queue for good.</returns>
    public async Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default) =>
        await _backend.CountAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Lists the messages that the queue refused for good, the oldest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Their ids and why.</returns>
    public async Task<IReadOnlyList<RefusedMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        IReadOnlyList<DeadMessage> dead = await _backend.PeekDeadAsync(max, cancellationToken).ConfigureAwait(false);
        return [.. dead.Select(static letter => new RefusedMessage(letter.Id, letter.Death.ErrorMessage ?? letter.Death.Reason, letter.DiedAt))];
    }

    /// <summary>Relays messages once more that the queue refused.</summary>
    /// <param name="max">How many at most, the oldest first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many.</returns>
    public async Task<int> RequeueDeadAsync(int max, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        return await _backend.RequeueDeadAsync(max, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<AddResult[]> AddWithinAsync(ReadOnlyMemory<NewMessage> messages, DbTransaction transaction, CancellationToken cancellationToken)
    {
        DateTimeOffset now = HasDelay(messages.Span)
            ? await _backend.ReadTimeWithinAsync(transaction, cancellationToken).ConfigureAwait(false)
            : default;
        return await _backend.AddWithinAsync(OutboxEnvelope.Wrap(messages.Span, now), transaction, cancellationToken).ConfigureAwait(false);
    }

    private static bool HasDelay(ReadOnlySpan<NewMessage> messages)
    {
        foreach (ref readonly NewMessage message in messages)
        {
            if (message.Delay > TimeSpan.Zero)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _relay.StopAsync().ConfigureAwait(false);
        await _backend.DisposeAsync().ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
        _relay.Dispose();
        _schema.Dispose();
    }
}
