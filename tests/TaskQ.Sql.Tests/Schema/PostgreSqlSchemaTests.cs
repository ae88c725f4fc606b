using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The tables in PostgreSQL.</summary>
public sealed class PostgreSqlSchemaTests : IAsyncDisposable
{
    private readonly PostgreSqlDatabase _database = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task EnsureSchemaAsync_ManyAtOnce_AllSucceed()
    {
        var factories = Enumerable.Range(0, 8).Select(_ => Open()).ToList();

        await Task.WhenAll(factories.Select(factory => factory.EnsureSchemaAsync(Token)));

        Assert.Equal(["1"], await Probe.ReadAsync(_database.ConnectionString, "SELECT version FROM taskq_schema"));
        foreach (var factory in factories)
        {
            await factory.EnsureSchemaAsync(Token);
            await factory.DisposeAsync();
        }
    }

    [Fact]
    public async Task FirstCall_TablesMissingAndNotToBeCreated_SaysWhatToDo()
    {
        await using var factory = Open(new SqlOptions { CreateSchema = false });
        var queue = Probe.Queue(factory);

        var error = await Assert.ThrowsAsync<SqlUnavailableException>(() => queue.CountAsync(Token));

        Assert.Contains("The tables 'taskq_...' are missing: call EnsureSchemaAsync", error.Message, StringComparison.Ordinal);
        Assert.Contains("schema/postgresql/taskq.sql", error.Message, StringComparison.Ordinal);
        await factory.EnsureSchemaAsync(Token);
        Assert.Equal(default, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task TablePrefix_OfTwoFactories_KeepsThemApart()
    {
        await using var first = Open(new SqlOptions { TablePrefix = "app1_" });
        await using var second = Open(new SqlOptions { TablePrefix = "_B" });
        var queue = Probe.Queue(first);
        var other = Probe.Queue(second, options => options.Name = queue.Name);
        await queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token);

        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
        Assert.Equal(0, (await other.CountAsync(Token)).Ready);
        Assert.Equal(
            ["_bleases", "_bmessages", "_bnames", "_bqueues", "_bschema", "app1_leases", "app1_messages", "app1_names", "app1_queues", "app1_schema"],
            await Probe.ReadAsync(_database.ConnectionString, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"));
    }

    [Fact]
    public async Task Worker_WithoutTheRightToCreate_WorksOnTablesThatAreThere()
    {
        await using var owner = Open();
        await owner.EnsureSchemaAsync(Token);
        var role = "w" + Guid.NewGuid().ToString("N");
        var schema = (await Probe.ReadAsync(_database.ConnectionString, "SELECT current_schema()"))[0];
        await Probe.ExecuteAsync(
            _database.ConnectionString,
            $"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}");
        await using (var source = Npgsql.NpgsqlDataSource.Create(_database.ConnectionString + $";Username={role}"))
        await using (var factory = new SqlQueueFactory(source, SqlDialect.PostgreSql))
        {
            var queue = Probe.Queue(factory);
            using var ran = new SemaphoreSlim(0);
            var task = queue.RegisterTask("t", () => { ran.Release(); });
            await queue.StartAsync(Token);
            await queue.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        await Probe.ExecuteAsync(_database.ConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [Fact]
    public async Task Id_Generated_AndNotByHand_NumbersNewMessages()
    {
        await using var factory = Open();
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", () => { });
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(_ => task.WithArgs()), Token);

        Assert.Equal(["1", "2", "3"], await Probe.ReadAsync(_database.ConnectionString, "SELECT seq FROM taskq_messages ORDER BY seq"));
    }

    private SqlQueueFactory Open(SqlOptions? options = null) => new(_database.DataSource, _database.Dialect, options);
}
