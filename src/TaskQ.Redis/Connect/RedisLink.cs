using System.Runtime.CompilerServices;
using StackExchange.Redis;
using TaskQ.Redis.Scripts;

namespace TaskQ.Redis.Connect;

/// <summary>The connection of a factory: opened at the first call, its own or one that it was given.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan RevivePause = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly TimeSpan _timeout;
    private readonly ConfigurationOptions? _configuration;
    private readonly IConnectionMultiplexer? _given;
    private IConnectionMultiplexer? _connection;
    private Task<IConnectionMultiplexer>? _connecting;
    private IDatabase? _database;
    private int _pendingCalls;
    private long _revivedAt;
    private bool _disposed;

    public RedisLink(ConfigurationOptions configuration, TimeSpan timeout)
    {
        _configuration = configuration;
        _timeout = timeout;
    }

    public RedisLink(IConnectionMultiplexer connection, TimeSpan timeout)
    {
        _given = connection;
        _timeout = timeout;
    }

    /// <summary>How many calls have not been answered yet.</summary>
    public int PendingCalls => Volatile.Read(ref _pendingCalls);

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
                return await BoundAsync(database.ScriptEvaluateAsync(script.Hash, keys, values), cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                return await BoundAsync(database.ExecuteAsync("EVAL", script.EvalArguments(keys, values)), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception error) when (Transient.Is(error))
        {
            if (error is RedisConnectionException)
            {
                Revive();
            }

            throw new RedisUnavailableException($"Redis could not be reached or did not answer: {error.Message}", error);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingCalls);
        }
    }

    /// <summary>Has the connection look for its server again: version 1.2.6 may give up after several cuts in a row.</summary>
    private void Revive()
    {
        long now = TimeProvider.System.GetTimestamp();
        long last = Volatile.Read(ref _revivedAt);
        if (_connection is not { } connection
            || (last != 0 && TimeProvider.System.GetElapsedTime(last, now) < RevivePause)
            || Interlocked.CompareExchange(ref _revivedAt, now, last) != last)
        {
            return;
        }

        _ = connection.ConfigureAsync().ContinueWith(
            static revived => revived.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>The connection, opened if it is not.</summary>
    public async ValueTask<IConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is null)
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
        }

        return _connection!;
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnectionMultiplexer>? connecting;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            connecting = _connecting;
        }

        if (connecting is not null && _given is null)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connecting.IsCompletedSuccessfully)
            {
                IConnectionMultiplexer own = await connecting.ConfigureAwait(false);
                await own.CloseAsync(allowCommandsToComplete: true).ConfigureAwait(false);
                own.Dispose();
            }
        }
    }

    /// <summary>Waits for a reply, which this client may wait for without end, and for no longer than allowed.</summary>
    public async Task<T> BoundAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        await BoundAsync((Task)call, cancellationToken).ConfigureAwait(false);
        return await call.ConfigureAwait(false);
    }

    public async Task BoundAsync(Task call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitAsync(_timeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Its late failure concerns nobody any more.
            _ = call.ContinueWith(
                static late => late.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Completions need not come in the order of their calls; newer versions do this anyway.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unorder(ConnectionMultiplexer connection) => connection.PreserveAsyncOrder = false;

    private async ValueTask<IDatabase> OpenAsync(CancellationToken cancellationToken)
    {
        Task<IConnectionMultiplexer> connecting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _connecting = CreateAsync();
            }

            connecting = _connecting;
        }

        IConnectionMultiplexer connection = await connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        IDatabase database = connection.GetDatabase();
        await CheckAsync(database, cancellationToken).ConfigureAwait(false);
        _connection = connection;
        _database = database;
        return database;
    }

    private async Task CheckAsync(IDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            RedisResult info = await BoundAsync(database.ExecuteAsync("INFO"), cancellationToken).ConfigureAwait(false);
            ServerCheck.Check((string?)info ?? "");
        }
        catch (RedisServerException error) when (error.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            // A user that may not see it is not kept from working.
            return;
        }
    }

    private async Task<IConnectionMultiplexer> CreateAsync()
    {
        if (_given is not null)
        {
            return _given;
        }

        ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(_configuration!).ConfigureAwait(false);
        Unorder(connection);
        return connection;
    }
}
