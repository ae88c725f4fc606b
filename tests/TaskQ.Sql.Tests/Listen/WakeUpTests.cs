using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TaskQ.Conformance.Harness;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Faults;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>How soon a process learns what another one has done, with notifications and without.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class WakeUpTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddAsync_InAnotherProcess_StartsWithinMilliseconds()
    {
        const int Messages = 300;
        await using var test = await Pair.StartAsync();
        var times = new List<TimeSpan>();
        for (var n = 0; n < Messages; n++)
        {
            times.Add(await test.RoundTripAsync());
        }

        var p99 = Figures.Percentile(times, 0.99);
        Figures.Print($"{Messages} adds: from add to start p50 {Figures.Milliseconds(Figures.Percentile(times, 0.5))} ms, p99 {Figures.Milliseconds(p99)} ms");

        // The machine of the tests may be busy: a poll would come after 800 ms at the earliest.
        machine.AssertWithin(TimeSpan.FromMilliseconds(250), p99, "99 % started");
    }

    [Fact]
    public async Task AddAsync_DelayedForAMoment_StartsWhenItIsDue()
    {
        await using var test = await Pair.StartAsync();
        await test.RoundTripAsync();
        var delay = TimeSpan.FromMilliseconds(200);
        var waited = await test.RoundTripAsync(delay);

        Figures.Print($"due after {Figures.Milliseconds(delay)} ms, started after {Figures.Milliseconds(waited)} ms");
        Assert.True(waited >= delay - TimeSpan.FromMilliseconds(1), $"it started after {waited}");
        machine.AssertWithin(delay + TimeSpan.FromMilliseconds(400), waited, "it started");
    }

    [Fact]
    public async Task AddAsync_InATransaction_StartsWhenItIsCommitted()
    {
        await using var test = await Pair.StartAsync();
        await test.RoundTripAsync();
        await using var connection = await test.Database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await test.Producer.AddAsync(test.Task.WithArgs(), transaction, Token);
        Assert.False(await test.Ran.WaitAsync(TimeSpan.FromMilliseconds(200), Token));

        var committed = Stopwatch.GetTimestamp();
        await transaction.CommitAsync(Token);

        Assert.True(await test.Ran.WaitAsync(TimeSpan.FromSeconds(10), Token));
        var waited = Stopwatch.GetElapsedTime(committed);
        Figures.Print($"started {Figures.Milliseconds(waited)} ms after the commit");
        machine.AssertWithin(TimeSpan.FromMilliseconds(700), waited, "it started");
    }

    [Fact]
    public async Task SetPaused_ByAnotherProcess_WakesThoseWhoWait()
    {
        await using var test = await Pair.StartAsync();
        await test.RoundTripAsync();
        await test.Producer.PauseAsync(Token);
        await test.Producer.AddAsync(test.Task.WithArgs(), Token);
        Assert.False(await test.Ran.WaitAsync(TimeSpan.FromMilliseconds(300), Token));

        var started = Stopwatch.GetTimestamp();
        await test.Producer.ResumeAsync(Token);

        Assert.True(await test.Ran.WaitAsync(TimeSpan.FromSeconds(10), Token));
        machine.AssertWithin(TimeSpan.FromMilliseconds(700), Stopwatch.GetElapsedTime(started), "it started");
    }

    [Fact]
    [Trait("Fault", "Q7")]
    public async Task ListeningConnection_Dies_IsReplacedAndWarnedOfOnce()
    {
        await using var test = await Pair.StartAsync();
        await test.RoundTripAsync();
        var worst = TimeSpan.Zero;
        for (var n = 0; n < 3; n++)
        {
            await Probe.EventuallyAsync(async () => await test.KillListenersAsync() > 0, "a connection listens");
            worst = TimeSpan.FromTicks(Math.Max(worst.Ticks, (await test.RoundTripAsync()).Ticks));
            await Probe.EventuallyAsync(() => Task.FromResult(test.Log.Lines.Count(IsBack) > n), "it listens again");
        }

        await test.RoundTripAsync();
        var again = await test.RoundTripAsync();
        Figures.Print($"3 listeners killed: from add to start at most {Figures.Milliseconds(worst)} ms, then {Figures.Milliseconds(again)} ms, warnings {test.Log.Lines.Count(IsWarning)}");
        machine.AssertWithin(TimeSpan.FromSeconds(2), worst, "one started");
        Assert.Equal(1, test.Log.Lines.Count(IsWarning));

        static bool IsBack((LogLevel Level, string Text) line) => line.Text.Contains("arrive again", StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "Q7")]
    public async Task Driver_WithoutNotifications_PollsAndWarnsOnce()
    {
        await using var test = await Pair.StartAsync(static database => new PlainDataSource(database.DataSource));
        var times = new List<TimeSpan>();
        for (var n = 0; n < 20; n++)
        {
            times.Add(await test.RoundTripAsync());

            // The longer nothing comes, the less often it looks.
            await Task.Delay(TimeSpan.FromMilliseconds(20 * n), TimeProvider.System, Token);
        }

        Figures.Print($"without LISTEN: from add to start p50 {Figures.Milliseconds(Figures.Percentile(times, 0.5))} ms, at most {Figures.Milliseconds(times.Max())} ms");
        machine.AssertWithin(TimeSpan.FromSeconds(2), times.Max(), "one started");
        Assert.Equal(1, test.Log.Lines.Count(IsWarning));
        Assert.Contains(test.Log.Lines, static line => line.Text.Contains("PlainConnection has no event", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Fault", "Q7")]
    public async Task Pooler_SwallowsNotifications_PollsAndWarnsOnce()
    {
        await using var test = await Pair.StartAsync(static database => new PlainDataSource(database.DataSource, hasNotifications: true));
        await Probe.EventuallyAsync(() => Task.FromResult(test.Log.Lines.Any(IsWarning)), "it warns");
        var times = new List<TimeSpan>();
        for (var n = 0; n < 10; n++)
        {
            times.Add(await test.RoundTripAsync());
        }

        Figures.Print($"notifications swallowed: from add to start p50 {Figures.Milliseconds(Figures.Percentile(times, 0.5))} ms, at most {Figures.Milliseconds(times.Max())} ms");
        machine.AssertWithin(TimeSpan.FromSeconds(2), times.Max(), "one started");
        Assert.Contains("don't arrive", Assert.Single(test.Log.Lines, IsWarning).Text, StringComparison.Ordinal);
    }

    private static bool IsWarning((LogLevel Level, string Text) line) => line.Level == LogLevel.Warning;

    /// <summary>A process that adds and one that runs, here two factories.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly SqlQueueFactory _producers;
        private readonly SqlQueueFactory _consumers;
        private readonly DbDataSource _source;
        private readonly ConcurrentQueue<long> _starts = new();
        private readonly TaskQueue _consumer;

        private Pair(PostgreSqlDatabase database, DbDataSource consumers)
        {
            Database = database;
            _source = consumers;
            _producers = new SqlQueueFactory(database.DataSource, database.Dialect);
            _consumers = new SqlQueueFactory(consumers, database.Dialect);
            Producer = Probe.Queue(_producers);
            _consumer = Probe.Queue(_consumers, options =>
            {
                options.Name = Producer.Name;
                options.Services = Log;
            });
            Task = Producer.RegisterTask("t", () => { });
            _consumer.RegisterTask("t", () =>
            {
                _starts.Enqueue(Stopwatch.GetTimestamp());
                Ran.Release();
            });
        }

        public PostgreSqlDatabase Database { get; }

        public TaskQueue Producer { get; }

        public TaskDefinition Task { get; }

        public LogRecorder Log { get; } = new();

        public SemaphoreSlim Ran { get; } = new(0);

        public static async Task<Pair> StartAsync(Func<PostgreSqlDatabase, DbDataSource>? consumers = null)
        {
            var database = new PostgreSqlDatabase();
            var pair = new Pair(database, consumers?.Invoke(database) ?? database.DataSource);
            await pair._consumer.StartAsync(Token);
            await pair.RoundTripAsync();
            return pair;
        }

        /// <summary>From before the add to the start of the handler, when the consumer has waited for a moment.</summary>
        public async Task<TimeSpan> RoundTripAsync(TimeSpan delay = default)
        {
            await System.Threading.Tasks.Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
            var added = Stopwatch.GetTimestamp();
            await Producer.AddAsync(Task.WithArgs().WithDelay(delay), Token);
            Assert.True(await Ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
            Assert.True(_starts.TryDequeue(out var started));
            return Stopwatch.GetElapsedTime(added, started);
        }

        public async Task<int> KillListenersAsync() => (await Probe.ReadAsync(
            Database.ConnectionString,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN \"taskq_' || 'taskq_messages'::regclass::oid || '%'")).Count;

        public async ValueTask DisposeAsync()
        {
            await _consumers.DisposeAsync();
            await _producers.DisposeAsync();
            await _source.DisposeAsync();
            await Database.DisposeAsync();
            Ran.Dispose();
        }
    }
}
