using System.Data.Common;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Retry;
using TaskQ.Sql.Listen;

namespace TaskQ.Sql.Store;

/// <summary>The way to a database: runs pieces of work, each in a transaction of its own if it writes, and again when it failed in passing.</summary>
internal abstract class SqlLink : IAsyncDisposable
{
    private readonly ResiliencePipeline _retries;
    private readonly TimeSpan _timeout;
    private int _pending;

    protected SqlLink(SqlDialect dialect, SqlOptions options)
    {
        Dialect = dialect;
        _timeout = options.CallTimeout;
        _retries = options.Retries == 0
            ? ResiliencePipeline.Empty
            : new ResiliencePipelineBuilder()
                .AddRetry(new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<DbException>(dialect.IsTransient),
                    MaxRetryAttempts = options.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = TimeSpan.FromMilliseconds(20),
                    MaxDelay = TimeSpan.FromSeconds(2),
                })
                .Build();
    }

    protected SqlDialect Dialect { get; }

    /// <summary>Another process may have changed the database.</summary>
    public event Action? Changed;

    /// <summary>Another process has told of something.</summary>
    public event Action<WakeUp>? Told;

    /// <summary>How often those who wait should look has changed.</summary>
    public event Action? PollsChanged;

    /// <summary>How often those who wait should look by themselves.</summary>
    public virtual PollRange Polls => PollRange.Seldom;

    /// <summary>How many seconds a statement may take, for drivers that don't stop it when it is cancelled.</summary>
    protected int StatementSeconds => (int)Math.Ceiling(_timeout.TotalSeconds);

    /// <summary>How many pieces of work are not done yet.</summary>
    public int PendingCalls => Volatile.Read(ref _pending);

    /// <summary>Where warnings go.</summary>
    public ILogger Logger { get; private set; } = NullLogger.Instance;

    /// <summary>Takes the logger of the first queue that has one.</summary>
    public void LogTo(ILogger logger)
    {
        if (Logger is NullLogger)
        {
            Logger = logger;
        }
    }

    /// <summary>Tells of changes by other processes from now on.</summary>
    public virtual void Watch()
    {
    }

    /// <summary>A fetch waits from now on.</summary>
    public virtual void EnterWait()
    {
    }

    /// <summary>It waits no more.</summary>
    public virtual void LeaveWait()
    {
    }

    /// <summary>Runs a piece of work.</summary>
    /// <param name="writes">Whether it changes something: then it runs in a transaction.</param>
    /// <param name="now">A fixed time instead of the database's, null for the database's.</param>
    /// <param name="work">The work; the number of earlier tries that may have been carried out.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="SqlUnavailableException">The database could not be reached, or refused a statement.</exception>
    public async Task<T> RunAsync<T>(bool writes, long? now, Func<SqlSession, int, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pending);
        using var timeUp = new CancellationTokenSource(_timeout, TimeProvider.System);
        using CancellationTokenSource? either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeUp.Token)
            : null;
        try
        {
            int tries = 0;
            return await _retries.ExecuteAsync(
                async token =>
                {
                    try
                    {
                        return await RunOnceAsync(writes, now, (session, inner) => work(session, tries, inner), token).ConfigureAwait(false);
                    }
                    catch (DbException error) when (!Dialect.IsRolledBack(error))
                    {
                        tries++;
                        throw;
                    }
                },
                (either ?? timeUp).Token).ConfigureAwait(false);
        }
        catch (Exception error) when (timeUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested && error is OperationCanceledException or DbException)
        {
            throw new SqlUnavailableException($"The database ({Dialect.Name}) did not carry out a call within {_timeout} (SqlOptions.CallTimeout).", error);
        }
        catch (DbException error)
        {
            throw new SqlUnavailableException($"The database ({Dialect.Name}) could not be reached or refused a statement: {error.Message}", error);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    public abstract ValueTask DisposeAsync();

    protected abstract Task<T> RunOnceAsync<T>(bool writes, long? now, Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    protected void RaiseTold(WakeUp wakeUp) => Told?.Invoke(wakeUp);

    protected void RaisePollsChanged() => PollsChanged?.Invoke();

    /// <summary>Lets a fetch that waits look.</summary>
    public void RaiseChanged() => Changed?.Invoke();
}
