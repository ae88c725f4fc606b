using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Adding;

/// <summary>A name that ends while an add takes it: a trigger keeps the statement that takes it until then.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class EndingNameTests
{
    private const int Seconds = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task AddAsync_NameEndsBeforeItsHolderIsRead_NoMessageIsStoredWithoutItsName(string backend)
    {
        await using TestDatabase database = backend == "mysql" ? new MariaDbDatabase() : new PostgreSqlDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        AddResult first = await queue.AddAsync(task.WithArgs(1).OnceInPeriod(TimeSpan.FromDays(1)), Token);
        foreach (string text in Trigger(backend))
        {
            await database.ExecuteAsync(text);
        }

        await database.ExecuteAsync($"UPDATE taskq_names SET until = {database.Dialect.Now} + {Seconds - 1}000000");
        AddResult second = await Task.Run(() => queue.AddAsync(task.WithArgs(1).OnceInPeriod(TimeSpan.FromDays(1)), Token), Token);

        Assert.Equal(1, await database.NumberAsync($"SELECT COUNT(*) FROM taskq_names WHERE until < {database.Dialect.Now}"));
        Assert.Equal((first.Id, true), (second.Id, second.IsDuplicate));
        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
    }

    private static string[] Trigger(string backend) => backend == "mysql"
        ? [$"CREATE TRIGGER wait_a_little BEFORE INSERT ON taskq_names FOR EACH ROW SET NEW.name_ends = NEW.name_ends + 0 * SLEEP({Seconds})"]
        :
        [
            $"CREATE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep({Seconds}); RETURN NEW; END'",
            "CREATE TRIGGER wait_a_little BEFORE INSERT ON taskq_names FOR EACH ROW EXECUTE FUNCTION wait_a_little()",
        ];
}
