using System.Text;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>Names that are made to break statements: they are rejected, or stored as they are.</summary>
public sealed class HostileNameTests
{
    private const int Count = 300;

    private static readonly string[] Worst =
    [
        "'", "\"", "`", "[", "]", ";", "--", "/*", "*/", "\0", "\n", "\r", "\t", "\\", "%", "_", "?", "@queue", "$1", ":a", "{0}", "x'00'",
        "'; DROP TABLE taskq_messages; --", "\" OR 1=1 --", "😀", "é", "e\u0301", "\u202E", "\uFEFF", "ÿ", "NULL", "taskq_", " ", "a",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Fault", "Q14")]
    public async Task Names_OfEveryKind_AreRejectedOrKeptAsTheyAre(int seed)
    {
        var random = new Random(seed);
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        await factory.EnsureSchemaAsync(Token);
        List<string> schema = Schema(database.File);
        var queues = new HashSet<string>();
        int rejected = 0;
        string longest = new('q', 10_000);
        foreach (string name in Names(random).Append(longest).Append("").Distinct())
        {
            try
            {
                await UseAsync(factory, name, queues);
            }
            catch (ArgumentException error)
            {
                Assert.NotEmpty(error.Message);
                rejected++;
            }
        }

        Assert.Equal(schema, Schema(database.File));
        Assert.Equal(queues.Order(StringComparer.Ordinal), SqliteProbe.Read(database.File, "SELECT name FROM taskq_queues").Order(StringComparer.Ordinal));
        Assert.Equal(["ok"], SqliteProbe.Read(database.File, "PRAGMA integrity_check"));
        Figures.Print($"{queues.Count} names kept, {rejected} rejected, the schema is unchanged");
        Assert.True(queues.Count > Count / 4, $"only {queues.Count} were kept");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-b")]
    [InlineData("x; DROP TABLE taskq_messages; --")]
    [InlineData("x\"")]
    [InlineData("tâche_")]
    [InlineData("1_")]
    [InlineData("a\0")]
    [Trait("Fault", "Q14")]
    public async Task TablePrefix_Hostile_IsRejected(string prefix)
    {
        await using var database = new SqliteDatabase();
        var error = Assert.Throws<ArgumentException>(() => new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { TablePrefix = prefix }));
        Assert.Contains("TablePrefix", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The same text as the name of a queue, of a task and of a message, and in a header and an error.</summary>
    private static async Task UseAsync(SqlQueueFactory factory, string name, HashSet<string> queues)
    {
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = name, MinWorkers = 1, MaxWorkers = 1 });
        TaskDefinition task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 0, Handler = (Action)(() => throw new InvalidOperationException(name)) });
        AddResult first = await queue.AddAsync(task.WithArgs().WithName(name), Token);
        queues.Add(name);
        AddResult second = await queue.AddAsync(task.WithArgs().WithName(name), Token);
        Assert.Equal((AddStatus.Duplicate, first.Id), (second.Status, second.Id));
        AddResult other = await queue.AddAsync(task.WithArgs().WithName(name + "2"), Token);
        Assert.Equal(AddStatus.Added, other.Status);
        Assert.Equal(2, (await queue.CountAsync(Token)).Ready);
        Assert.Equal(2, (await queue.ListAsync(new MessageFilter { TaskName = "t" }, 10, Token)).Count);
        Assert.Empty(await queue.ListAsync(new MessageFilter { TaskName = name + "'" }, 10, Token));
        Assert.True(await queue.CancelAsync(other.Id, Token));
        await queue.Consumer.ProcessAllAsync(Token);
        DeadLetter dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal(name, dead.ErrorMessage);
        await queue.PurgeDeadAsync(Token);
        await queue.DisposeAsync();
    }

    private static IEnumerable<string> Names(Random random)
    {
        foreach (string worst in Worst)
        {
            yield return worst;
        }

        for (int i = 0; i < Count; i++)
        {
            var name = new StringBuilder();
            for (int parts = random.Next(1, 6); parts > 0; parts--)
            {
                name.Append(random.Next(3) == 0 ? ((char)random.Next(0x20, 0xD800)).ToString() : Worst[random.Next(Worst.Length)]);
            }

            yield return name.ToString();
        }
    }

    private static List<string> Schema(string file) => SqliteProbe.Read(file, "SELECT type || name || COALESCE(sql, '') FROM sqlite_master ORDER BY name");
}
