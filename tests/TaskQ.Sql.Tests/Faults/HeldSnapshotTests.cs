using System.Diagnostics;
using Npgsql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>A transaction that is held open, so that PostgreSQL can remove nothing that ended after it began.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class HeldSnapshotTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostRecovery = TimeSpan.FromSeconds(60);

    // As many die in 3 min at 800/s, and some more.
    private const int Dead = 150_000;
    private const int LeastWindows = 3;
    private static readonly TimeSpan LongestHeld = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q6")]
    public async Task Snapshot_HeldOpen_ThroughputStaysAndComesBack()
    {
        await using var server = await PostgreSqlServer.StartAsync("fsync=off", "autovacuum_naptime=1s");
        await using var database = new PostgreSqlDatabase(server);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var ran = 0;
        var task = queue.RegisterTask("t", () => { Interlocked.Increment(ref ran); });
        await queue.StartAsync(Token);
        using var isOver = new CancellationTokenSource();
        var added = 0;
        var adding = Task.Run(AddAsync, Token);
        await RateAsync();
        var baseline = await RateAsync();

        var rates = new List<double>();
        long dead;
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
            await using var command = new NpgsqlCommand("SELECT txid_current()", connection, transaction);
            await command.ExecuteScalarAsync(Token);
            var start = Stopwatch.GetTimestamp();
            int ranBefore = Volatile.Read(ref ran);
            while (rates.Count < LeastWindows || (Volatile.Read(ref ran) - ranBefore < Dead && Stopwatch.GetElapsedTime(start) < LongestHeld))
            {
                rates.Add(await RateAsync());
            }

            dead = await database.NumberAsync("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'taskq_messages'");
        }

        var released = Stopwatch.GetTimestamp();
        double after;
        do
        {
            after = await RateAsync();
        }
        while (after < 0.8 * baseline && Stopwatch.GetElapsedTime(released) < MostRecovery);
        var recovery = Stopwatch.GetElapsedTime(released);
        await isOver.CancelAsync();
        await adding;
        await Probe.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref ran) == added), "all have run", TimeSpan.FromMinutes(1));

        Figures.Print($"held for {(rates.Count * Window).TotalSeconds:N0} s, {dead:N0} dead rows: {baseline:N0}/s before, {string.Join(", ", rates.Select(static rate => $"{rate:N0}"))} while held, "
            + $"{after:N0} within {recovery.TotalSeconds:N0} s of its end; {added:N0} added, lost {added - ran}");

        // The last windows have the most dead rows. Other work on the machine comes and goes: the slower of both sides counts.
        double held = rates.TakeLast(3).Max();
        Assert.True(held >= 0.6 * Math.Min(baseline, after), $"{held:N0}/s at its end, {baseline:N0}/s before, {after:N0}/s after");
        Assert.True(after >= 0.8 * baseline, $"{after:N0}/s {recovery} after its end, {baseline:N0}/s before");

        // Keeps some hundred messages waiting.
        async Task AddAsync()
        {
            while (!isOver.IsCancellationRequested)
            {
                if (added - Volatile.Read(ref ran) < 1000)
                {
                    await queue.AddRangeAsync(Enumerable.Range(0, 250).Select(_ => task.WithArgs()), Token);
                    added += 250;
                }
                else
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);
                }
            }
        }

        async Task<double> RateAsync()
        {
            int before = Volatile.Read(ref ran);
            var start = Stopwatch.GetTimestamp();
            await Task.Delay(Window, TimeProvider.System, Token);
            return (Volatile.Read(ref ran) - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
