using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Telemetry;

namespace TaskQ.Redis.Connect;

/// <summary>The connection of a factory: opened at the first call, its own or one that it was given.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    /// <summary>How long a connection may fail before another one takes its place.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a connection is not replaced again because nothing was heard on it.</summary>
    private static readonly TimeSpan DoubtPause = TimeSpan.FromMinutes(1);

    private const string ConnectRights =
        " The server refuses what a client sends to connect: its user must have the rights to run ping and echo.";

    private readonly Lock _lock = new();
    private readonly TimeSpan _timeout;
    private readonly StartCheck _check;
    private readonly ConfigurationOptions? _configuration;
    private readonly IConnectionMultiplexer? _given;
    private IConnectionMultiplexer? _connection;
    private Task<IDatabase>? _opening;
    private IDatabase? _database;
    private ILogger _logger = NullLogger.Instance;
    private int _pendingCalls;
    private long _failingSince;
    private long _doubted;
    private volatile bool _protocolFailed;
    private bool _disposed;

    public RedisLink(ConfigurationOptions configuration, RedisOptions options)
        : this(options) => _configuration = configuration;

    public RedisLink(IConnectionMultiplexer connection, RedisOptions options)
        : this(options) => _given = connection;

    private RedisLink(RedisOptions options)
    {
        _timeout = options.CallTimeout;
        _check = new StartCheck(this, options.KeyPrefix);
    }

    /// <summary>The connection is another one: who listened must listen again.</summary>
    public event Action? Replaced;

    /// <summary>How many calls have not been answered yet.</summary>
    public int PendingCalls => Volatile.Read(ref _pendingCalls);

    /// <summary>Takes the logger of the first queue that has one.</summary>
    public void LogTo(ILogger logger)
    {
        lock (_lock)
        {
            if (_logger is NullLogger)
            {
                _logger = logger;
            }
        }
    }

    /// <summary>Runs a script by its hash, or as a whole when the server does not know it.</summary>
    /// <exception cref="RedisUnavailableException">The server could not be reached or did not answer in time.</exception>
    public async Task<RedisResult> RunAsync(
        QueueScript script,
        RedisKey[] keys,
        RedisValue[] values,
        CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _pendingCalls);
        try
        {
            IDatabase database = _database ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                Task<RedisResult> call = script.GoesAsWhole
                    ? database.ExecuteAsync("EVAL", script.EvalArguments(keys, values))
                    : database.ScriptEvaluateAsync(script.Hash, keys, values);
                RedisResult result = await BoundAsync(call, cancellationToken).ConfigureAwait(false);
                NoteAnswer();
                return result;
            }
            catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                NoteAnswer();
                return await BoundAsync(database.ExecuteAsync("EVAL", script.EvalArguments(keys, values)), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception error) when (Transient.Is(error) || (error is ObjectDisposedException && _given is null && !_disposed))
        {
            // One that was replaced meanwhile is closed. Neither does a connection answer that is half open; the error of the server itself is an answer.
            if (error is not RedisServerException)
            {
                NoteFailure();
            }

            string hint = _protocolFailed || error.Message.Contains(nameof(ConnectionFailureType.ProtocolFailure), StringComparison.Ordinal)
                ? ConnectRights
                : "";
            throw new RedisUnavailableException($"Redis could not be reached or did not answer: {error.Message}{hint}", error);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingCalls);
        }
    }

    /// <summary>Opens the connection, in no more time than a call may take. A server that is not reached is no failure: the next call tries again.</summary>
    /// <exception cref="NotSupportedException">The server was reached, and can't keep queues.</exception>
    /// <exception cref="UnauthorizedAccessException">Its user lacks rights.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_database is not null)
        {
            return;
        }

        try
        {
            await BoundAsync(OpenAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (NotSupportedException or UnauthorizedAccessException) && !cancellationToken.IsCancellationRequested)
        {
            // Who fetches meets it again, and logs it.
        }
    }

    /// <summary>
    /// Replaces a connection of its own that has failed for a while: version 1.2.6 may stop trying after several cuts in a
    /// row, and stays so.
    /// </summary>
    private void NoteFailure()
    {
        long now = TimeProvider.System.GetTimestamp();
        IConnectionMultiplexer? old;
        lock (_lock)
        {
            old = _connection;
            if (_failingSince == 0)
            {
                Volatile.Write(ref _failingSince, now);
                return;
            }

            if (_disposed || old is null || _given is not null
                || TimeProvider.System.GetElapsedTime(_failingSince, now) < Patience)
            {
                return;
            }

            Detach();
        }

        Replace(old);
    }

    /// <summary>
    /// Replaces a connection of its own whose subscriptions bring nothing any more: a half-open one is not noticed by the
    /// client, which only listens on it. Not again for a while, for it may not be the connection.
    /// </summary>
    public void DoubtSubscriptions()
    {
        long now = TimeProvider.System.GetTimestamp();
        IConnectionMultiplexer? old;
        lock (_lock)
        {
            old = _connection;
            if (_disposed || old is null || _given is not null
                || (_doubted != 0 && TimeProvider.System.GetElapsedTime(_doubted, now) < DoubtPause))
            {
                return;
            }

            _doubted = now;
            Detach();
        }

        Replace(old);
    }

    private void NoteAnswer()
    {
        if (Volatile.Read(ref _failingSince) != 0)
        {
            Volatile.Write(ref _failingSince, 0);
        }
    }

    private void Detach()
    {
        _connection = null;
        _database = null;
        _opening = null;
        Volatile.Write(ref _failingSince, 0);
    }

    private void Replace(IConnectionMultiplexer old)
    {
        Observe(old.CloseAsync(allowCommandsToComplete: false));
        Replaced?.Invoke();
        Log.ConnectionReplaced(_logger);
    }

    /// <summary>Leaves a task to itself, its failure included.</summary>
    public static void Observe(Task task) => _ = task.ContinueWith(
        static failed => failed.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>The connection, opened if it is not.</summary>
    public async ValueTask<IConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is null)
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
        }

        return _connection ?? await ConnectAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task? opening;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            opening = _opening;
        }

        if (opening is not null)
        {
            await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_connection is { } own && _given is null)
        {
            await own.CloseAsync(allowCommandsToComplete: true).ConfigureAwait(false);
            own.Dispose();
        }
    }

    /// <summary>Waits for a reply, which this client may wait for without end, and for no longer than allowed.</summary>
    public async Task<T> BoundAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(_timeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Its late failure concerns nobody any more.
            Observe(call);
            throw;
        }
    }

    public async Task BoundAsync(Task call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitAsync(_timeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Observe(call);
            throw;
        }
    }

    /// <summary>Completions need not come in the order of their calls. Newer versions do this anyway, and may lack the property.</summary>
    private static void Unorder(ConnectionMultiplexer connection) =>
        typeof(ConnectionMultiplexer).GetProperty("PreserveAsyncOrder")?.SetValue(connection, false);

    /// <summary>Opens the connection, once for all who come meanwhile.</summary>
    private Task<IDatabase> OpenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _opening = Task.Run(CreateAsync, CancellationToken.None);
            }

            return _opening.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A connection that fails its check is kept, and checked again by the next who needs it.</summary>
    private async Task<IDatabase> CreateAsync()
    {
        IConnectionMultiplexer connection = _connection ?? _given ?? await ConnectAsync().ConfigureAwait(false);
        _connection = connection;
        await _check.RunAsync(connection, _logger).ConfigureAwait(false);
        IDatabase database = connection.GetDatabase();
        lock (_lock)
        {
            if (!ReferenceEquals(_connection, connection))
            {
                throw new TimeoutException("the connection was replaced while it was opened.");
            }

            _database = database;
            _protocolFailed = false;
        }

        return database;
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        connection.ConnectionFailed += (_, failure) => _protocolFailed = failure.FailureType == ConnectionFailureType.ProtocolFailure;
        Unorder(connection);
        return connection;
    }
}
