using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Faults;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The plans of the statements that a full queue is worked on with: none scans a table or sorts.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class PostgreSqlPlanTests
{
    private const int Waiting = 50_000, Dead = 5_000, InFlight = 2_000;

    private const string Purge = "\tQuery Text: DELETE FROM taskq_messages WHERE queue = $1 AND state < 3";

    private const string LastOfFill = "SELECT m.id, m.queue, m.id, 4000000000000000, 1 FROM taskq_messages m WHERE m.state = 0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "auto")]
    [InlineData(true, "auto")]
    [InlineData(true, "force_generic_plan")]
    public async Task Statements_OnFullTables_UseTheIndexes(bool isAnalyzed, string planMode)
    {
        var folder = Directory.CreateTempSubdirectory("taskq-plans-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        try
        {
            await using var server = await PostgreSqlServer.StartAsync(PlanLog.Settings(folder));
            await using var database = new PostgreSqlDatabase(server, $"Options=-c plan_cache_mode={planMode}");
            await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, EveryOperation.Options(keepsFinished: isAnalyzed));
            var queue = Probe.Queue(factory, options => options.LeaseDuration = TimeSpan.FromSeconds(1));
            using var ran = new SemaphoreSlim(0);
            var task = queue.RegisterTask("u", () => { ran.Release(); });
            await queue.AddAsync(task.WithArgs(), Token);
            await FillAsync(database.ConnectionString, queue.Name, isAnalyzed);

            // The server writes after it has answered.
            await Probe.EventuallyAsync(() => Task.FromResult(PlanLog.Read(folder).Exists(static plan => plan.Contains(LastOfFill, StringComparison.Ordinal))), "the filling is in the log");
            var before = PlanLog.Read(folder).Count;

            await WorkAsync(queue, task, ran);
            await EveryOperation.RunAsync(factory);
            await EveryOperation.LoseAsync(factory, database);
            await EveryOperation.TendAsync(factory, database);

            var plans = PlanLog.Read(folder).Skip(before).Where(IsTaskQ).ToList();
            Figures.Print($"{plans.Count} plans of {plans.Select(Head).Distinct().Count()} statements");
            Assert.True(plans.Count > 50, $"only {plans.Count} plans");

            // A plan for any queue is one for those that have a good part of the table; a purge of these reads it as a whole, and may.
            Assert.Empty(PlanLog.Scans(planMode == "auto" ? plans : plans.Where(static plan => !plan.StartsWith(Purge, StringComparison.Ordinal)), 200));

            // The few leases fit on one page. What is read for operators may be sorted as long as the server knows nothing of the tables.
            Assert.Empty(PlanLog.Sorts(isAnalyzed ? plans : plans.Where(IsFrequent), InFlight / 20));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static bool IsTaskQ(string plan) =>
            plan.Contains("taskq_", StringComparison.Ordinal) && !EveryOperation.IsOfTheTest(plan.Replace("\tQuery Text: ", "", StringComparison.Ordinal));

        static bool IsFrequent(string plan) =>
            plan.Contains("SKIP LOCKED", StringComparison.Ordinal) || plan.Contains("ORDER BY due LIMIT 1", StringComparison.Ordinal) || plan.Contains("lease", StringComparison.Ordinal);

        static string Head(string plan) => plan[..Math.Min(plan.Length, 150)];
    }

    /// <summary>As after a burst of adds to a queue that was empty: the server still thinks that it is, and any plan looks good to it.</summary>
    [Fact]
    public async Task Consumer_BacklogThatTheStatisticsDoNotKnow_ReadsFewRows()
    {
        const int Runs = 1000;
        await using var server = await PostgreSqlServer.StartAsync("autovacuum=off");
        await using var database = new PostgreSqlDatabase(server);
        await using (var factory = new SqlQueueFactory(database.DataSource, database.Dialect))
        {
            var queue = Probe.Queue(factory);
            using var ran = new SemaphoreSlim(0);
            var task = queue.RegisterTask("u", () => { ran.Release(); });
            var other = Probe.Queue(factory).RegisterTask("u", static () => { });
            await other.Queue.AddRangeAsync(Enumerable.Range(0, Dead).Select(_ => other.WithArgs()), Token);
            await Probe.ExecuteAsync(database.ConnectionString, "ANALYZE");
            await queue.AddRangeAsync(Enumerable.Range(0, Waiting).Select(_ => task.WithArgs()), Token);

            await queue.StartAsync(Token);
            for (var n = 0; n < Runs; n++)
            {
                Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
            }

            await queue.StopAsync(TimeSpan.FromSeconds(20), Token);
        }

        // A connection tells what it has read when it ends.
        Npgsql.NpgsqlConnection.ClearAllPools();
        await database.DataSource.DisposeAsync();
        await Probe.EventuallyAsync(async () => await ReadRowsAsync("n_tup_upd") >= Runs, "what was read is known");
        long read = await ReadRowsAsync("idx_tup_fetch");
        long updated = await ReadRowsAsync("n_tup_upd");
        Figures.Print($"{read:N0} rows read, {updated:N0} reserved");
        Assert.True(read < 20 * updated, $"{read} rows were read for {updated} messages");

        async Task<long> ReadRowsAsync(string column)
        {
            await using var source = Npgsql.NpgsqlDataSource.Create(server.ConnectionString);
            await using var command = source.CreateCommand($"SELECT COALESCE(SUM({column}), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'taskq_messages'");
            return (long)(await command.ExecuteScalarAsync(Token))!;
        }
    }

    /// <summary>Three queues, the first with leases that have run out.</summary>
    private static async Task FillAsync(string connection, string name, bool isAnalyzed)
    {
        await Probe.ExecuteAsync(
            connection,
            $"""
            INSERT INTO taskq_queues (name) VALUES ('a'), ('b');
            INSERT INTO taskq_messages (id, queue, state, due, enqueued, task, body, lease)
            SELECT decode(md5(q.id || 'x' || n), 'hex'), q.id,
              CASE WHEN n <= {Waiting} THEN 0 WHEN n <= {Waiting + Dead} THEN 3 ELSE 2 END,
              CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS bigint) - 1000000 + n, 1700000000000000 + n, 'u', (SELECT body FROM taskq_messages LIMIT 1),
              CASE WHEN n > {Waiting + Dead} THEN decode(md5(q.id || 'l' || n % 20), 'hex') END
            FROM taskq_queues q, generate_series(1, {Waiting + Dead + InFlight}) n;
            INSERT INTO taskq_leases (id, queue, until)
            SELECT decode(md5(q.id || 'l' || n), 'hex'), q.id, CASE WHEN q.name = '{name}' THEN 1 ELSE 4000000000000000 END FROM taskq_queues q, generate_series(0, 19) n;
            INSERT INTO taskq_names (name, queue, message, until, name_ends)
            {LastOfFill};
            """);
        if (isAnalyzed)
        {
            await Probe.ExecuteAsync(connection, "VACUUM ANALYZE");
        }
    }

    private static async Task WorkAsync(TaskQueue queue, TaskDefinition task, SemaphoreSlim ran)
    {
        var failing = queue.RegisterTask(new TaskOptions { Name = "f", Handler = (Action)(() => throw new InvalidOperationException("f")), RetryLimit = 2 });
        Assert.True(await queue.GetAsync(Guid.NewGuid(), Token) is null);
        var later = task.WithArgs().WithDelay(TimeSpan.FromHours(1));
        await queue.AddAsync(later, Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs().WithName($"n{n}")), Token);
        await queue.AddAsync(failing.WithArgs(), Token);
        Assert.NotEmpty(await queue.ListAsync(new MessageFilter { State = MessageState.Ready }, 50, Token));
        Assert.NotEmpty(await queue.ListAsync(new MessageFilter { State = MessageState.Dead }, 50, Token));
        Assert.NotEmpty(await queue.PeekDeadAsync(50, Token));
        Assert.NotEqual(0, await queue.RequeueDeadAsync(10, Token));
        Assert.True(await queue.RescheduleAsync(later.Id, TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(2), Token));
        Assert.True(await queue.CancelAsync(later.Id, Token));

        // It takes the leases back, and counts.
        var counts = await queue.CountAsync(Token);
        Assert.Equal(0, counts.InFlight);
        await queue.StartAsync(Token);

        for (var n = 0; n < 1000; n++)
        {
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        await queue.StopAsync(TimeSpan.FromSeconds(20), Token);
    }
}
