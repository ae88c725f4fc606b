using TaskQ.Backend;
using TaskQ.Backend.Coalesce;
using TaskQ.Backend.Wait;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Schema;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>One queue in a database. Each change of state is one transaction.</summary>
/// <remarks>Parts: Add (store), Exchange (settle, reserve, wait), Settle, Names, Beat (leases), Tend (drop what is old), Find (get, list), Operate (cancel, purge, ...), Dead (dead letters).</remarks>
internal sealed partial class SqlQueueBackend : IQueueBackend
{
    /// <summary>How many messages one transaction handles at most.</summary>
    private const int CallSize = 500;

    /// <summary>How many bytes of frames one batch of single adds carries, unless a single one is larger.</summary>
    private const long CallBytes = 4 << 20;

    /// <summary>How long an add may have waited for its batch when the database turns out to be away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly QueueOptions _queueOptions;
    private readonly SqlOptions _options;
    private readonly SqlDialect _dialect;
    private readonly SqlLink _link;
    private readonly SqlSchema _schema;
    private readonly SqlStatements _statements;
    private readonly WaitRoom _waits;
    private readonly AddCoalescer<bool> _adds;

    /// <summary>Those with names, where they may wait for a caller's transaction that has taken a name: the others go on.</summary>
    private readonly AddCoalescer<bool> _namedAdds;
    private long _queue;
    private volatile bool _disposed;

    public SqlQueueBackend(QueueOptions options, SqlDialect dialect, SqlOptions sql, SqlLink link, SqlSchema schema)
    {
        _name = options.Name;
        _time = options.TimeProvider;
        _queueOptions = options;
        _options = sql;
        _dialect = dialect;
        _link = link;
        _schema = schema;
        _statements = new SqlStatements(dialect, sql.TablePrefix, sql.UseQueueClock);
        _tendClock = new TendClock(_time);
        _waits = new WaitRoom(_time, link.Polls.First, link.Polls.Longest);
        _link.Changed += OnChanged;
        _link.Told += OnTold;
        _link.PollsChanged += OnPollsChanged;

        _adds = CreateAdds();
        _namedAdds = dialect.LocksRows ? CreateAdds() : _adds;
        Capabilities = new BackendCapabilities
        {
            System = dialect.Name,

            // By one statement they cost one commit, however many they are.
            MaxAddBatch = dialect.IsOneStatement ? 2 * CallSize : CallSize,
            MaxFetchBatch = CallSize,
            DefaultFetchBatch = 100,
            MaxMessageSize = 256 << 20,
            KeepsErrors = true,
        };
    }

    public BackendCapabilities Capabilities { get; }

    /// <summary>The time that statements take for now, null for the database's.</summary>
    private long? FixedNow => _options.UseQueueClock ? StoreTime.FromTime(_time.GetUtcNow()) : null;

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _link.Changed -= OnChanged;
        _link.Told -= OnTold;
        _link.PollsChanged -= OnPollsChanged;
        await _closing.CancelAsync().ConfigureAwait(false);
        await Volatile.Read(ref _tending).ConfigureAwait(false);
        await _waits.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>One batch at a time: the others gather meanwhile, and share the next commit.</summary>
    private AddCoalescer<bool> CreateAdds() => new(
        [true],
        async (messages, _) => await AddRangeAsync(messages, CancellationToken.None).ConfigureAwait(false),
        new AddBatchLimits(CallSize, CallBytes, static _ => 1, Patience),
        static error => error is SqlUnavailableException);

    private Task<T> ReadAsync<T>(Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(writes: false, (session, _, token) => work(session, token), cancellationToken);

    private Task<T> WriteAsync<T>(Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(writes: true, (session, _, token) => work(session, token), cancellationToken);

    private async Task<T> RunAsync<T>(bool writes, Func<SqlSession, int, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await _schema.ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (Volatile.Read(ref _queue) == 0)
        {
            Volatile.Write(ref _queue, await FindQueueAsync(cancellationToken).ConfigureAwait(false));
        }

        return await _link.RunAsync(writes, FixedNow, work, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The queue's number, under which its rows stand.</summary>
    private async Task<long> FindQueueAsync(CancellationToken cancellationToken) =>
        await _link.RunAsync(
            writes: false,
            null,
            (session, _, token) => session.Fixed(_statements.QueueId).Set("@name", _name).ReadNumberAsync(token),
            cancellationToken).ConfigureAwait(false)
        ?? await _link.RunAsync(writes: true, null, (session, _, token) => FindQueueAsync(session, token), cancellationToken).ConfigureAwait(false);

    private void OnChanged() => _waits.Wake(all: false);

    private void OnPollsChanged() => _waits.SetPolls(_link.Polls.First, _link.Polls.Longest);

    private void OnTold(WakeUp wakeUp)
    {
        if (wakeUp.Queue != Volatile.Read(ref _queue))
        {
            return;
        }

        if (wakeUp.Wait is not { } wait)
        {
            _waits.Wake(all: true);
        }
        else if (wait == TimeSpan.Zero)
        {
            _waits.WakeHere();
        }
        else
        {
            _waits.DueIn(wait);
        }
    }

    /// <summary>Tells the other processes, if they can be told; when the transaction is committed.</summary>
    /// <param name="session">The session.</param>
    /// <param name="wait">In how long a message is due; null when all fetches must look.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    private Task TellAsync(SqlSession session, TimeSpan? wait, CancellationToken cancellationToken) =>
        _dialect.TellAsync(session, _statements, new WakeUp(_queue, wait), cancellationToken);

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(_name, $"Queue '{_name}' is closed.");
        }
    }
}
