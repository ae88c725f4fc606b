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
        var options = new SqlOptions { KeepFinished = keepsFinished ? TimeSpan.FromHours(1) : TimeSpan.Zero, MaxDeadLetters = 2 };
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, options);
        TaskQueue queue = Probe.Queue(factory, o =>
        {
            o.WorkerLimit = 10;
            o.RateLimit = RateLimit.PerSecond(1000);
            o.LeaseDuration = TimeSpan.FromSeconds(1);
        });
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask("t", () => { ran.Release(); });
        var slow = queue.RegisterTask("s", async (CancellationToken cancelled) => await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, cancelled));
        var failing = queue.RegisterTask(new TaskOptions { Name = "f", Handler = (Action)(() => throw new InvalidOperationException("f")), RetryLimit = 1, MinBackoff = TimeSpan.FromMilliseconds(1) });

        TaskMessage later = task.WithArgs().WithDelay(TimeSpan.FromHours(1));
        await queue.AddAsync(later, Token);
        await queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromHours(1)).WithName("r", DedupeMode.ReplacePending), Token);
        await queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromHours(2)).WithName("r", DedupeMode.ReplacePending), Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 50).Select(n => task.WithArgs().WithName($"n{n}")), Token);
        await queue.AddAsync(task.WithArgs().Unique(), Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 4).Select(_ => failing.WithArgs()), Token);
        Assert.NotNull(await queue.GetAsync(later.Id, Token));
        foreach (MessageState state in Enum.GetValues<MessageState>())
        {
            await queue.ListAsync(new MessageFilter { State = state, TaskName = "t", MinAge = TimeSpan.FromSeconds(1) }, 10, Token);
        }

        Assert.True(await queue.RescheduleAsync(later.Id, TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(2), Token));
        Assert.True(await queue.CancelAsync(later.Id, Token));
        await queue.PauseAsync(Token);
        await queue.ResumeAsync(Token);
        await queue.StartAsync(Token);
        for (int n = 0; n < 51; n++)
        {
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        TaskMessage running = slow.WithArgs();
        await queue.AddAsync(running, Token);
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { InFlight: 1, Dead: 2 }, "one runs, two are dead");
        Assert.True(await queue.CancelAsync(running.Id, Token));
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { InFlight: 0 }, "it was cancelled by a beat");
        await queue.StopAsync(TimeSpan.FromSeconds(10), Token);
        IReadOnlyList<DeadLetter> dead = await queue.PeekDeadAsync(10, Token);
        Assert.NotNull(await queue.PeekDeadAsync(dead[0].Message.Id, Token));
        Assert.True(await queue.RequeueDeadAsync(dead[0].Message.Id, Token));
        Assert.True(await queue.DeleteDeadAsync(dead[1].Message.Id, Token));
        await queue.RequeueDeadAsync(10, Token);
        await queue.PurgeDeadAsync(Token);
        await queue.PurgeAsync(Token);

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
