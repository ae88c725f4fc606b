using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>Does with a queue whatever can be done with one.</summary>
internal static class EveryOperation
{
    private const string LeasesEnd = "UPDATE taskq_leases SET until = 1;";
    private const string NamesEnd = "UPDATE taskq_names SET until = 1 WHERE name_ends = 0;";
    private const string DeadAge = "UPDATE taskq_messages SET due = 1 WHERE state = 3;";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The options of the factory.</summary>
    public static SqlOptions Options(bool keepsFinished) => new() { KeepFinished = keepsFinished ? TimeSpan.FromHours(1) : TimeSpan.Zero, MaxDeadLetters = 2 };

    public static async Task RunAsync(SqlQueueFactory factory)
    {
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
    }

    /// <summary>A lease runs out, what it held is taken back, and settling under it is in vain.</summary>
    public static async Task LoseAsync(SqlQueueFactory factory, TestDatabase database)
    {
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", () => { });
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(_ => task.WithArgs()), Token);
        var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 10, TimeSpan.Zero);
        var held = (await queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
        Assert.True(await queue.CancelAsync(held[0].Id, Token));
        Assert.Single((await queue.Backend.BeatAsync([fetch.Lease], Token)).Cancelled);
        await database.ExecuteAsync(LeasesEnd);
        Assert.Equal(19, (await queue.CountAsync(Token)).Ready);
        var settled = await queue.Backend.ExchangeAsync([.. held.Select(static delivery => new Settlement(delivery, SettlementKind.Retry))], null, Token);
        Assert.Equal(held.Count, settled.Lost.Count);
    }

    /// <summary>Names and dead letters are dropped: some because of their age, some because there are too many.</summary>
    public static async Task TendAsync(SqlQueueFactory factory, TestDatabase database)
    {
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", () => { });
        foreach (var isOld in new[] { true, false })
        {
            await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs().OnceInPeriod(TimeSpan.FromDays(1), n)), Token);
            var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 10, TimeSpan.Zero);
            var held = (await queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
            await queue.Backend.ExchangeAsync(
                [.. held.Select(static delivery => new Settlement(delivery, SettlementKind.Dead, Death: new Death("r", "T", "m", 1)))], null, Token);
            if (isOld)
            {
                await database.ExecuteAsync(NamesEnd);
                await database.ExecuteAsync(DeadAge);
            }

            Assert.Equal(isOld ? 0 : Options(false).MaxDeadLetters, (await queue.CountAsync(Token)).Dead);
        }
    }

    /// <summary>Whether a statement, by its first line, is no one of TaskQ: a log may have more after it.</summary>
    public static bool IsOfTheTest(string text) => text.Split('\n')[0].TrimEnd(';') + ";" is LeasesEnd or NamesEnd or DeadAge;
}
