using System.Data.Common;
using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Sql.Schema;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Queues in a database, which several processes share.</summary>
public sealed class SqlQueueFactory : QueueFactory
{
    private readonly SqlDialect _dialect;
    private readonly SqlOptions _options;
    private readonly SqlLink _link;
    private readonly SqlSchema _schema;

    /// <summary>Creates a factory.</summary>
    /// <param name="dataSource">Opens connections, such as an <c>NpgsqlDataSource</c> or <c>SqliteFactory.Instance.CreateDataSource("Data Source=queue.db")</c>.
    /// It is left open when the factory is closed.</param>
    /// <param name="dialect">The kind of database.</param>
    /// <param name="options">The options; they are copied. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    public SqlQueueFactory(DbDataSource dataSource, SqlDialect dialect, SqlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(dialect);
        _dialect = dialect;
        _options = options?.Copy() ?? new SqlOptions();
        _options.Validate();
        _link = dialect.CreateLink(dataSource, _options);
        _schema = new SqlSchema(dialect, _options, _link);
    }

    /// <summary>How many pieces of work are not done yet.</summary>
    internal int PendingCalls => _link.PendingCalls;

    /// <summary>Lets a fetch of each queue that waits look now: a poll, for tests whose clock stands still.</summary>
    internal void Poll() => _link.RaiseChanged();

    /// <summary>Creates the tables, or brings those of an older version up to date. It does nothing when they are; several processes may do it at once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that ends when the tables are there.</returns>
    /// <exception cref="SqlUnavailableException">The database could not be reached, or its user may not create tables.</exception>
    public Task EnsureSchemaAsync(CancellationToken cancellationToken = default) => _schema.EnsureAsync(cancellationToken);

    /// <inheritdoc/>
    protected override IQueueBackend CreateBackend(QueueOptions options)
    {
        if (options.Services?.GetService(typeof(ILoggerFactory)) is ILoggerFactory loggers)
        {
            _link.LogTo(loggers.CreateLogger("TaskQ"));
        }

        return new SqlQueueBackend(options, _dialect, _options, _link, _schema);
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore().ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
        _schema.Dispose();
    }
}
