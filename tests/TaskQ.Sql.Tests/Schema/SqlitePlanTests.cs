using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Faults;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>
/// How SQLite carries out the statements: none reads a whole table or sorts. Every test on a <see cref="SqliteDatabase"/> checks
/// the statements that it ran, so the conformance suite does; this one shows that the check is no empty one.
/// </summary>
public sealed class SqlitePlanTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Statements_OfEveryOperation_UseTheIndexes(bool keepsFinished)
    {
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, EveryOperation.Options(keepsFinished));

        await EveryOperation.RunAsync(factory);

        Figures.Print($"{database.Plans.Count} different statements");

        // Beats and what is settled with care run by chance here; the conformance suite has them.
        Assert.True(database.Plans.Count >= 35, $"only {database.Plans.Count}");
        Assert.Empty(database.Plans.Bad(database.File));
    }

    [Theory]
    [InlineData("SELECT id FROM taskq_messages WHERE body = x'00'")]
    [InlineData("SELECT id FROM taskq_messages WHERE queue = 1 ORDER BY enqueued")]
    [InlineData("DELETE FROM taskq_names WHERE message = x'00'")]
    [InlineData("UPDATE taskq_leases SET until = 1")]
    public async Task Statement_WithoutAnIndex_IsFound(string text)
    {
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        await factory.EnsureSchemaAsync(Token);
        var plans = new SqlitePlans();
        plans.Add(text);

        Assert.Single(plans.Bad(database.File));
    }
}
