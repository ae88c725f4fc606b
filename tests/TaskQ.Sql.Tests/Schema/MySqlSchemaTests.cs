using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The tables in MariaDB.</summary>
public sealed class MySqlSchemaTests : IAsyncDisposable
{
    private readonly MariaDbDatabase _database = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task EnsureSchemaAsync_ManyAtOnce_AllSucceed()
    {
        var factories = Enumerable.Range(0, 8).Select(_ => Open()).ToList();

        await Task.WhenAll(factories.Select(factory => Task.Run(() => factory.EnsureSchemaAsync(Token), Token)));

        Assert.Equal(["1"], await Probe.ReadAsync(_database.DataSource, "SELECT version FROM taskq_schema"));
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
        Assert.Contains("schema/mysql/taskq.sql", error.Message, StringComparison.Ordinal);
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
            ["_Bleases", "_Bmessages", "_Bnames", "_Bqueues", "_Bschema", "app1_leases", "app1_messages", "app1_names", "app1_queues", "app1_schema"],
            (await Probe.ReadAsync(_database.DataSource, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Worker_WithoutTheRightToCreate_WorksOnTablesThatAreThere()
    {
        await using var owner = Open();
        await owner.EnsureSchemaAsync(Token);
        var role = "w" + Guid.NewGuid().ToString("N")[..20];
        var database = (await Probe.ReadAsync(_database.DataSource, "SELECT DATABASE()"))[0];
        await Probe.ExecuteAsync(_database.DataSource, $"CREATE USER {role} IDENTIFIED BY 'pw'");
        await Probe.ExecuteAsync(_database.DataSource, $"GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO {role}");
        await using (var source = new MySqlDataSource(_database.ConnectionString + $";User Id={role};Password=pw;Pooling=False"))
        await using (var factory = new SqlQueueFactory(source, SqlDialect.MySql))
        {
            var queue = Probe.Queue(factory);
            using var ran = new SemaphoreSlim(0);
            var task = queue.RegisterTask("t", () => { ran.Release(); });
            await queue.StartAsync(Token);
            await queue.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        await Probe.ExecuteAsync(_database.DataSource, $"DROP USER {role}");
    }

    [Fact]
    public async Task QueueName_OtherCase_IsAnotherQueue()
    {
        await using var factory = Open();
        var queue = Probe.Queue(factory, static options => options.Name = "orders");
        var other = Probe.Queue(factory, static options => options.Name = "Orders");
        await queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token);

        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
        Assert.Equal(0, (await other.CountAsync(Token)).Ready);
    }

    [Theory]
    [InlineData("a", "A")]
    [InlineData("a", "a ")]
    [InlineData("a", "á")]
    public async Task TaskName_AlmostTheSame_IsNotFound(string name, string other)
    {
        await using var factory = Open();
        var queue = Probe.Queue(factory);
        await queue.AddAsync(queue.RegisterTask(name).WithArgs(), Token);

        Assert.Single(await queue.ListAsync(new MessageFilter { TaskName = name }, 10, Token));
        Assert.Empty(await queue.ListAsync(new MessageFilter { TaskName = other }, 10, Token));
    }

    private SqlQueueFactory Open(SqlOptions? options = null) => new(_database.DataSource, _database.Dialect, options);
}
