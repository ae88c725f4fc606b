using System.Runtime.CompilerServices;
using StackExchange.Redis;
using TaskQ.Redis.Scripts;

namespace TaskQ.Redis.Connect;

/// <summary>The connection of a factory: opened at the first call, its own or one that it was given.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    /// <summary>How long a connection may fail before another one takes its place.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    private readonly Lock _lock = new();
    private readonly TimeSpan _timeout;
    private readonly ConfigurationOptions? _configuration;
    private readonly IConnectionMultiplexer? _given;
    private IConnectionMultiplexer? _connection;
    private Task<IConnectionMultiplexer>? _connecting;
    private IDatabase? _database;
    private int _pendingCalls;
    private long _failingSince;
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

    /// <summary>The connection is another one: who listened must listen again.</summary>
    public event Action? Replaced;

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
        IDatabase? used = null;
        try
        {
            IDatabase database = used = _database ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                Task<RedisResult> call = script.GoesAsWhole
                    ? database.ExecuteAsync("EVAL", script.EvalArguments(keys, values))
                    : database.ScriptEvaluateAsync(script.Hash, keys, values);
                RedisResult result = await BoundAsync(call, cancellationToken).ConfigureAwait(false);
                if (Volatile.Read(ref _failingSince) != 0)
                {
                    Volatile.Write(ref _failingSince, 0);
                }

                return result;
            }
            catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                return await BoundAsync(database.ExecuteAsync("EVAL", script.EvalArguments(keys, values)), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception error) when (Transient.Is(error))
        {
            // A connection may be dead without a word: then nothing but timeouts comes of it.
            if (error is RedisConnectionException or TimeoutException)
            {
                NoteFailure(used);
            }

            throw new RedisUnavailableException($"Redis could not be reached or did not answer: {error.Message}", error);
        }
        finally
        {
            Interlocked.Decrement(ref _pendingCalls);
        }
    }

    /// <summary>
    /// Replaces a connection of its own that has failed for a while: version 1.2.6 may stop trying after several cuts in a
    /// row, and stays so; and none of the versions before 2.13 notices soon that the other end is gone without a word.
    /// </summary>
    private void NoteFailure(IDatabase? failed)
    {
        long now = TimeProvider.System.GetTimestamp();
        long since = Interlocked.CompareExchange(ref _failingSince, now, 0);
        if (_given is not null || failed is null || since == 0 || TimeProvider.System.GetElapsedTime(since, now) < Patience)
        {
            return;
        }

        IConnectionMultiplexer? old;
        lock (_lock)
        {
            if (_disposed || !ReferenceEquals(_database, failed))
            {
                return;
            }

            old = _connection;
            _connection = null;
            _database = null;
            _connecting = null;
            Volatile.Write(ref _failingSince, 0);
        }

        Observe(old!.CloseAsync(allowCommandsToComplete: false));
        Replaced?.Invoke();
    }

    private static void Observe(Task task) => _ = task.ContinueWith(
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
            Observe(call);
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
