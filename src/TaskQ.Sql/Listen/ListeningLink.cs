using System.Data.Common;
using Microsoft.Extensions.Logging;
using TaskQ.Sql.Store;
using TaskQ.Sql.Telemetry;

namespace TaskQ.Sql.Listen;

/// <summary>
/// A pooled link that also listens. 1. One connection of the process does, from the first fetch that waits. 2. It believes in
/// notifications only after it has heard one that another connection has sent, and sends one now and then. 3. Without them,
/// those who wait look more often, and it tries again.
/// </summary>
internal sealed class ListeningLink(DbDataSource dataSource, SqlDialect dialect, SqlOptions options) : PooledLink(dataSource, dialect, options)
{
    private static readonly TimeSpan TestPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TestPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly DbDataSource _dataSource = dataSource;
    private readonly SqlStatements _statements = new(dialect, options.TablePrefix, usesQueueClock: false);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private Task? _listening;
    private volatile bool _isSilent;
    private bool _hasHeard;
    private bool _disposed;

    public override PollRange Polls => _isSilent ? PollRange.Often : PollRange.Seldom;

    /// <summary>The channel of the tables, wherever the search path finds them.</summary>
    public static string Channel(SqlStatements statements) => $"'taskq_' || CAST('{statements.Messages}' AS regclass)::oid";

    public override void Watch()
    {
        if (_listening is null)
        {
            lock (_lock)
            {
                if (!_disposed)
                {
                    using (ExecutionContext.SuppressFlow())
                    {
                        _listening ??= Task.Run(() => ListenAsync(_closing.Token));
                    }
                }
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (_listening is { } listening)
        {
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _closing.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A new connection takes the place of one that fails; whatever the driver throws, nobody else would tell.</summary>
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        bool isWarned = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            _hasHeard = false;
            try
            {
                if (!await ListenOnceAsync(cancellationToken).ConfigureAwait(false))
                {
                    SetSilent(true);
                    return;
                }
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                SetSilent(true);
                if (!isWarned)
                {
                    isWarned = true;
                    Log.NotificationsLost(Logger, error);
                }

                pause = _hasHeard ? FirstPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2));
                await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Listens until the connection fails.</summary>
    /// <returns>False if the driver can't.</returns>
    private async Task<bool> ListenOnceAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var test = new ListenTest();
            using NotificationSource? source = NotificationSource.Open(connection, text => OnPayload(text, test));
            if (source is null)
            {
                Log.NoNotifications(Logger, connection.GetType().Name);
                return false;
            }

            var session = new SqlSession(connection, null, null, null);
            List<string> channels = await session.Once($"SELECT {Channel(_statements)}").ReadAsync(static reader => reader.GetString(0), cancellationToken).ConfigureAwait(false);
            await session.Once($"LISTEN \"{channels[0]}\"").ExecuteAsync(cancellationToken).ConfigureAwait(false);
            while (true)
            {
                await TestAsync(source, test, cancellationToken).ConfigureAwait(false);
                if (!_hasHeard)
                {
                    _hasHeard = true;
                    OnHeard();
                }

                using var untilTest = new CancellationTokenSource(TestPeriod, TimeProvider.System);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, untilTest.Token);
                await HearAsync(source, static () => false, either.Token, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends itself a notification from another connection: one of the same connection would arrive even through a pooler.</summary>
    private async Task TestAsync(NotificationSource source, ListenTest test, CancellationToken cancellationToken)
    {
        test.Begin();
        await RunAsync(
            writes: false,
            null,
            (session, _, token) => session.Fixed($"SELECT pg_notify({Channel(_statements)}, @text)").Set("@text", test.Text).ExecuteAsync(token),
            cancellationToken).ConfigureAwait(false);
        using var patience = new CancellationTokenSource(TestPatience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        await HearAsync(source, () => test.IsHeard, either.Token, cancellationToken).ConfigureAwait(false);
        if (!test.IsHeard)
        {
            throw new TimeoutException($"A notification to itself did not arrive within {TestPatience.TotalSeconds} s.");
        }
    }

    /// <summary>Hears notifications until enough are heard or the time is up.</summary>
    private static async Task HearAsync(NotificationSource source, Func<bool> isEnough, CancellationToken timeUp, CancellationToken cancellationToken)
    {
        while (!isEnough() && !timeUp.IsCancellationRequested)
        {
            try
            {
                await source.WaitAsync(timeUp).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void OnPayload(string text, ListenTest test)
    {
        if (WakeUp.TryParse(text, out WakeUp wakeUp))
        {
            RaiseTold(wakeUp);
        }
        else
        {
            test.Hear(text);
        }
    }

    /// <summary>What was sent before is lost.</summary>
    private void OnHeard()
    {
        if (_isSilent)
        {
            Log.NotificationsBack(Logger);
        }

        SetSilent(false);
        RaiseChanged();
    }

    private void SetSilent(bool isSilent)
    {
        if (_isSilent != isSilent)
        {
            _isSilent = isSilent;
            RaisePollsChanged();
        }
    }
}
