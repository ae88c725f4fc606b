using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>
/// One connection, which the pieces of work of this process use in turn: SQLite lets one writer in at a time anyway, and a
/// connection that stays open keeps its prepared statements.
/// </summary>
internal sealed class SharedLink : SqlLink
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    /// <summary>For how long the driver repeats a statement that finds the database locked, and keeps a thread, before it is asked whether to go on.</summary>
    private const int BeginSeconds = 1;

    private readonly DbDataSource _dataSource;
    private readonly IReadOnlyList<string> _settings;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, DbCommand> _commands = [];
    private readonly ChangeWatch _watch;
    private DbConnection? _connection;
    private volatile string? _log;
    private DateTime _written;
    private long _version = -1;
    private bool _disposed;

    /// <summary>Creates a link.</summary>
    /// <param name="dataSource">Opens the connection.</param>
    /// <param name="dialect">The dialect.</param>
    /// <param name="options">The options.</param>
    /// <param name="settings">What a new connection is told.</param>
    public SharedLink(DbDataSource dataSource, SqlDialect dialect, SqlOptions options, IReadOnlyList<string> settings)
        : base(dialect, options)
    {
        _dataSource = dataSource;
        _settings = settings;
        _watch = new ChangeWatch(Look);
    }

    public override void EnterWait() => _watch.Enter();

    public override void LeaveWait() => _watch.Leave();

    public override async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            await CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override async Task<T> RunOnceAsync<T>(
        bool writes, long? now, Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            DbConnection connection = _connection ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
            var session = new SqlSession(connection, null, _commands, now, StatementSeconds);
            return writes
                ? await TransactAsync(session, new SqlSession(connection, null, _commands, now, BeginSeconds), work, cancellationToken).ConfigureAwait(false)
                : await work(session, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<T> TransactAsync<T>(
        SqlSession session, SqlSession begin, Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        // A transaction that begins with a read and becomes a write one fails at once when another process has written meanwhile.
        await BeginAsync(begin, cancellationToken).ConfigureAwait(false);
        try
        {
            T result = await work(session, cancellationToken).ConfigureAwait(false);
            await session.Fixed("COMMIT").ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
            return result;
        }
        catch
        {
            try
            {
                await session.Fixed("ROLLBACK").ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (DbException)
            {
                // The database has rolled back by itself, or the connection is of no use any more: the next piece of work opens another.
                await CloseAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>
    /// Waits for its turn among the processes. SQLite itself waits longer from try to try, and so those that came last overtake; with short
    /// waits that begin anew, all have the same chance.
    /// </summary>
    private async Task BeginAsync(SqlSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await session.Fixed("BEGIN IMMEDIATE").ExecuteAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DbException error) when (Dialect.IsTransient(error))
            {
                await Task.Delay(ShortestPause * (1 + (9 * Random.Shared.NextDouble())), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = new SqlSession(connection, null, null, null);
            foreach (string setting in _settings)
            {
                await session.Once(setting).ReadAsync(static _ => 0, cancellationToken).ConfigureAwait(false);
            }

            List<string> files = await session.Once("PRAGMA database_list")
                .ReadAsync(static reader => reader.IsDBNull(2) ? "" : reader.GetString(2), cancellationToken).ConfigureAwait(false);
            _log = LogFile.Of(files[0]);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseAsync()
    {
        foreach (DbCommand command in _commands.Values)
        {
            await command.DisposeAsync().ConfigureAwait(false);
        }

        _commands.Clear();
        if (_connection is { } connection)
        {
            _connection = null;
            _version = -1;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether another connection has committed something: https://www.sqlite.org/pragma.html#pragma_data_version</summary>
    private bool Look()
    {
        DateTime written = LogFile.LastWrite(_log);
        if (LogFile.IsUnchanged(written, _written) || !_turn.Wait(0))
        {
            return false;
        }

        bool isChanged = false;
        try
        {
            if (_connection is { } connection && !_disposed)
            {
                long version = ReadVersion(connection);
                isChanged = version != _version;
                _version = version;
                _written = written;
            }
        }
        catch (DbException)
        {
            // Whoever uses the connection next learns of it; until then it may be worth a look.
            isChanged = true;
        }
        finally
        {
            _turn.Release();
        }

        if (isChanged)
        {
            RaiseChanged();
        }

        return isChanged;
    }

    private long ReadVersion(DbConnection connection)
    {
        const string Text = "PRAGMA data_version";
        if (!_commands.TryGetValue(Text, out DbCommand? command))
        {
            command = connection.CreateCommand();
            command.CommandText = Text;
            _commands.Add(Text, command);
        }

        return (long)command.ExecuteScalar()!;
    }
}
