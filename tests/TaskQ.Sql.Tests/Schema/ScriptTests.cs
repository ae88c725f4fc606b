using System.Data.Common;
using TaskQ.Sql.Schema;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The scripts of the package, run by hand, in each kind of database.</summary>
public abstract class ScriptTests(TestDatabase database) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    /// <summary>As a database's shell does: each statement by itself.</summary>
    [Fact]
    public async Task Script_RunByFourAtOnce_MakesTheTables()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(RunAsync, Token)));

        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { CreateSchema = false });
        var queue = Probe.Queue(factory);
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask("t", () => { ran.Release(); });
        await queue.AddAsync(task.WithArgs().WithName("n"), Token);
        await queue.StartAsync(Token);
        Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));

        // After it they are what EnsureSchemaAsync would make: it finds nothing to do.
        await factory.EnsureSchemaAsync(Token);
        await RunAsync();
        Assert.Equal(1, await database.NumberAsync("SELECT COUNT(*) FROM taskq_schema"));
    }

    private async Task RunAsync()
    {
        await using DbConnection connection = await database.DataSource.OpenConnectionAsync(Token);
        foreach (string script in SqlSchema.Steps(database.Dialect.Name))
        {
            foreach (string statement in script.ReplaceLineEndings("\n").Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                await using DbCommand command = connection.CreateCommand();
                command.CommandText = statement;
                await command.ExecuteNonQueryAsync(Token);
            }
        }
    }
}
