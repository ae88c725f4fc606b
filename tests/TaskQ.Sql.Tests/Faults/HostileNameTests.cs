using System.Text;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>Names that are made to break statements: they are rejected, or stored as they are, in each kind of database.</summary>
public abstract class HostileNameTests(TestDatabase database) : IAsyncLifetime
{
    private const int Count = 300;

    private static readonly string[] Worst =
    [
        "'", "\"", "`", "[", "]", ";", "--", "/*", "*/", "\0", "\n", "\r", "\t", "\\", "%", "_", "?", "@queue", "$1", ":a", "{0}", "x'00'",
        "'; DROP TABLE taskq_messages; --", "\" OR 1=1 --", "😀", "é", "e\u0301", "\u202E", "\uFEFF", "ÿ", "NULL", "taskq_", " ", "a",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Fault", "Q14")]
    public async Task Names_OfEveryKind_AreRejectedOrKeptAsTheyAre(int seed)
    {
        var random = new Random(seed);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        await factory.EnsureSchemaAsync(Token);
        List<string> schema = await ReadSchemaAsync();
        TaskQueue queue = Probe.Queue(factory);
        var queues = new HashSet<string> { queue.Name };
        List<string> kept = [], rejected = [];
        string longest = new('q', 10_000);
        foreach (string name in Names(random).Append(longest).Append("").Distinct())
        {
            await TryAsync(() => UseAsQueueAsync(factory, name, queues), "queue");
            await TryAsync(() => UseAsTaskAsync(queue, name), "task");
            await TryAsync(() => UseAsNameAsync(queue, name), "name");
        }

        Assert.Equal(schema, await ReadSchemaAsync());
        Assert.Equal(queues.Order(StringComparer.Ordinal), (await ReadQueuesAsync()).Order(StringComparer.Ordinal));
        Figures.Print($"kept: {Describe(kept)}; rejected: {Describe(rejected)}; the schema is unchanged");
        Assert.True(kept.Count(static what => what == "task") > Count / 2, "hardly a task's name was kept");
        Assert.True(kept.Count(static what => what == "name") > Count / 2, "hardly a message's name was kept");

        async Task TryAsync(Func<Task> use, string what)
        {
            try
            {
                await use();
                kept.Add(what);
            }
            catch (ArgumentException error)
            {
                Assert.NotEmpty(error.Message);
                rejected.Add(what);
            }
        }

        static string Describe(List<string> all) => string.Join(", ", all.GroupBy(static what => what).Select(static group => $"{group.Count()} as a {group.Key}"));
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
    public void TablePrefix_Hostile_IsRejected(string prefix)
    {
        var error = Assert.Throws<ArgumentException>(() => new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { TablePrefix = prefix }));
        Assert.Contains("TablePrefix", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What there is in the database, beside rows.</summary>
    protected abstract Task<List<string>> ReadSchemaAsync();

    /// <summary>The names of the queues.</summary>
    protected abstract Task<List<string>> ReadQueuesAsync();

    private static async Task UseAsQueueAsync(SqlQueueFactory factory, string name, HashSet<string> queues)
    {
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = name });
        await queue.AddAsync(queue.RegisterTask("t").WithArgs(), Token);
        queues.Add(name);
        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
        await queue.PurgeAsync(Token);
    }

    /// <summary>As the name of a task, in a filter, in a header and as an error.</summary>
    private static async Task UseAsTaskAsync(TaskQueue queue, string name)
    {
        TaskDefinition task = queue.RegisterTask(new TaskOptions { Name = name, Handler = (Action)(() => throw new SkipRetryException(name)) });
        await queue.AddAsync(task.WithArgs().WithHeader("h", name), Token);
        MessageInfo found = Assert.Single(await queue.ListAsync(new MessageFilter { TaskName = name }, 10, Token));
        Assert.Equal((name, name), (found.Message.TaskName, found.Message.Headers["h"]));
        Assert.Empty(await queue.ListAsync(new MessageFilter { TaskName = name + "'" }, 10, Token));
        await queue.Consumer.ProcessAllAsync(Token);
        DeadLetter dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal(name, dead.Message.TaskName);
        Assert.NotNull(dead.ErrorMessage);
        if (name.All(static c => char.IsLetterOrDigit(c) || char.IsPunctuation(c)))
        {
            // What is for people escapes what can't be seen, and ends somewhere.
            Assert.StartsWith(name[..Math.Min(name.Length, 500)], dead.ErrorMessage, StringComparison.Ordinal);
        }

        await queue.PurgeDeadAsync(Token);
    }

    private static async Task UseAsNameAsync(TaskQueue queue, string name)
    {
        TaskDefinition task = queue.Tasks.TryGetValue("named", out TaskDefinition? known) ? known : queue.RegisterTask("named");
        AddResult first = await queue.AddAsync(task.WithArgs().WithName(name), Token);
        AddResult again = await queue.AddAsync(task.WithArgs().WithName(name), Token);
        Assert.Equal((AddStatus.Duplicate, first.Id), (again.Status, again.Id));
        Assert.Equal(AddStatus.Added, (await queue.AddAsync(task.WithArgs().WithName($"{name}'{Guid.NewGuid()}"), Token)).Status);
        Assert.Equal(name, (await queue.GetAsync(first.Id, Token))!.Message.Name);
        await queue.PurgeAsync(Token);
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
}
