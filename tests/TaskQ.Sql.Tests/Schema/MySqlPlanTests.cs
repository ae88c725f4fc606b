using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The plans of the statements that ran on MariaDB: none reads a whole table or sorts, on small tables neither, where the planner would like to.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class MySqlPlanTests
{
    private const int Rows = 20_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [Trait("Fault", "Q12")]
    public async Task Statements_OfEveryOperation_UseTheIndexes(bool keepsFinished, bool isFull)
    {
        await using var log = await MySqlPlanLog.StartAsync();
        await using var database = new MariaDbDatabase(log.Server);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, EveryOperation.Options(keepsFinished));
        await factory.EnsureSchemaAsync(Token);
        if (isFull)
        {
            await FillAsync(database);
        }

        var before = log.Read().Count;
        await EveryOperation.RunAsync(factory);
        await EveryOperation.LoseAsync(factory, database);
        await EveryOperation.TendAsync(factory, database);

        var ran = log.Read().Skip(before).Where(static statement => !EveryOperation.IsOfTheTest(statement.Text)).ToList();
        var shapes = ran.Select(static statement => MySqlPlanLog.Shape(statement.Text)).Distinct().Count();
        Figures.Print($"{ran.Count} statements of {shapes} shapes, {ran.Count(static statement => MySqlPlanLog.Complaint(statement) is not null)} that scan or sort");
        Assert.True(shapes >= 40, $"only {shapes}");
        var complaints = ran.Select(MySqlPlanLog.Complaint).OfType<string>().Distinct().ToList();
        Assert.True(complaints.Count == 0, string.Join(Environment.NewLine, complaints));
    }

    [Theory]
    [InlineData("SELECT id FROM taskq_messages WHERE body = x'00'")]
    [InlineData("SELECT id FROM taskq_messages WHERE queue = 1 ORDER BY enqueued")]
    [InlineData("DELETE FROM taskq_names WHERE message = x'00'")]
    [InlineData("UPDATE taskq_leases SET until = 1")]
    public async Task Statement_WithoutAnIndex_IsFound(string text)
    {
        await using var log = await MySqlPlanLog.StartAsync();
        await using var database = new MariaDbDatabase(log.Server);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        await factory.EnsureSchemaAsync(Token);
        await FillAsync(database);
        await Probe.ExecuteAsync(database.DataSource, text);

        // The server writes after it has answered.
        await Probe.EventuallyAsync(() => Task.FromResult(log.Read().Exists(IsIt)), "it is in the log");
        Assert.NotNull(MySqlPlanLog.Complaint(log.Read().Find(IsIt)));

        bool IsIt((string Text, List<string[]> Plan) statement) => statement.Text.StartsWith(text, StringComparison.Ordinal);
    }

    /// <summary>Two queues beside the one that is worked on.</summary>
    private static async Task FillAsync(MariaDbDatabase database)
    {
        string[] texts =
        [
            "INSERT INTO taskq_queues (name) VALUES ('a'), ('b')",
            $"""
            INSERT INTO taskq_messages (id, queue, state, due, enqueued, task, body, lease)
            SELECT UNHEX(MD5(CONCAT(q.id, 'x', s.seq))), q.id, s.seq % 5, s.seq, s.seq, 'u', 'body', IF(s.seq % 5 = 2, UNHEX(MD5(CONCAT(q.id, 'l', s.seq % 20))), NULL)
            FROM taskq_queues q, seq_1_to_{Rows} s
            """,
            "INSERT INTO taskq_leases (id, queue, until) SELECT UNHEX(MD5(CONCAT(q.id, 'l', s.seq))), q.id, 4000000000000000 FROM taskq_queues q, seq_0_to_19 s",
            "INSERT INTO taskq_names (name, queue, message, until, name_ends) SELECT id, queue, id, 4000000000000000, 1 FROM taskq_messages",
            "ANALYZE TABLE taskq_messages, taskq_leases, taskq_names",
        ];
        foreach (var text in texts)
        {
            await Probe.ExecuteAsync(database.DataSource, text);
        }
    }
}
