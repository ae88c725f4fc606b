using TaskQ.Sql.Schema;
using TaskQ.Sql.Store;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>Tables of another version than the code's, in each kind of database. The second version is one of these tests.</summary>
public abstract class UpgradeTests(TestDatabase database) : IAsyncLifetime
{
    protected virtual string SecondStep => """
        CREATE TABLE taskq_more (id bigint PRIMARY KEY);

        ALTER TABLE taskq_messages ADD COLUMN priority bigint NOT NULL DEFAULT 7;
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EnsureAsync_ManyAtOnce_EachStepIsDoneOnce(bool hasFirst)
    {
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        if (hasFirst)
        {
            var queue = Probe.Queue(factory);
            await queue.AddAsync(queue.RegisterTask("t", static () => { }).WithArgs(), Token);
        }

        await using var links = new Links(database, 8);
        await Task.WhenAll(links.Schemas(SecondStep).Select(schema => Task.Run(() => schema.EnsureAsync(Token), Token)));

        Assert.Equal(2, await database.NumberAsync("SELECT COUNT(*) FROM taskq_schema"));
        Assert.Equal(2, await database.NumberAsync("SELECT MAX(version) FROM taskq_schema"));
        Assert.Equal(0, await database.NumberAsync("SELECT COUNT(*) FROM taskq_more"));
        Assert.Equal(hasFirst ? 7 : 0, await database.NumberAsync("SELECT COALESCE(SUM(priority), 0) FROM taskq_messages"));
    }

    [Fact]
    public async Task EnsureAsync_StepFails_CanBeRunAgain()
    {
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        await factory.EnsureSchemaAsync(Token);
        await using var links = new Links(database, 1);

        await Assert.ThrowsAsync<SqlUnavailableException>(() => links.Schemas(SecondStep + "\nnonsense;\n")[0].EnsureAsync(Token));

        Assert.Equal(1, await database.NumberAsync("SELECT MAX(version) FROM taskq_schema"));
        await links.Schemas(SecondStep)[0].EnsureAsync(Token);
        Assert.Equal(0, await database.NumberAsync("SELECT COUNT(*) FROM taskq_more"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstCall_TablesOfABreakingVersion_SaysWhatToDo(bool createsSchema)
    {
        await using var links = new Links(database, 1);
        await links.Schemas()[0].EnsureAsync(Token);
        await links.All[0].RunAsync(
            writes: true, null, static (session, _, token) => session.Once("INSERT INTO taskq_schema (version) VALUES (100)").ExecuteAsync(token), Token);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { CreateSchema = createsSchema });

        var error = await Assert.ThrowsAsync<SqlUnavailableException>(() => Probe.Queue(factory).CountAsync(Token));

        Assert.Contains("are of version 100", error.Message, StringComparison.Ordinal);
        Assert.Contains("update TaskQ", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Ways to the database as several processes have them.</summary>
    private sealed class Links(TestDatabase database, int count) : IAsyncDisposable
    {
        private readonly List<SqlSchema> _schemas = [];

        public IReadOnlyList<SqlLink> All { get; } = [.. Enumerable.Range(0, count).Select(_ => database.Dialect.CreateLink(database.DataSource, new SqlOptions()))];

        public List<SqlSchema> Schemas(params IEnumerable<string> more)
        {
            string[] steps = [.. SqlSchema.Steps(database.Dialect.Name), .. more];
            List<SqlSchema> schemas = [.. All.Select(link => new SqlSchema(database.Dialect, new SqlOptions(), link, steps))];
            _schemas.AddRange(schemas);
            return schemas;
        }

        public async ValueTask DisposeAsync()
        {
            _schemas.ForEach(static schema => schema.Dispose());
            foreach (var link in All)
            {
                await link.DisposeAsync();
            }
        }
    }
}
