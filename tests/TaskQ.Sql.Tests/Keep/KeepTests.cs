using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Keep;

/// <summary>What is kept of messages that are done, and of attempts that failed, in each kind of database.</summary>
public abstract class KeepTests(TestDatabase database) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task KeepFinished_Set_FinishedMessagesAreListedForThatLong()
    {
        var time = new TaskQ.Memory.Testing.ManualTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var factory = Factory(options => (options.KeepFinished, options.UseQueueClock) = (TimeSpan.FromDays(2), true));
        var queue = Probe.Queue(factory, options => options.TimeProvider = time);
        var task = queue.RegisterTask("t", static (int _) => { });
        var added = await queue.AddAsync(task.WithArgs(1).WithName("n").Unique(), Token);
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(async () => (await queue.GetAsync(added.Id, Token))?.State == MessageState.Finished, "it is finished");

        Assert.Equal(default, await queue.CountAsync(Token));
        var kept = Assert.Single(await queue.ListAsync(new MessageFilter { State = MessageState.Finished }, 10, Token));
        Assert.Equal((added.Id, 1, time.GetUtcNow()), (kept.Message.Id, kept.Message.Attempt, kept.DueAt));
        Assert.False((await queue.AddAsync(task.WithArgs(2).WithName("n").Unique(), Token)).IsDuplicate);

        await queue.StopAsync(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromDays(2) + TimeSpan.FromSeconds(1));
        await queue.CountAsync(Token);
        Assert.Null(await queue.GetAsync(added.Id, Token));
    }

    [Fact]
    public async Task KeepFinished_NotSet_NothingStays()
    {
        await using var factory = Factory();
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        var added = await queue.AddAsync(task.WithArgs(1), Token);
        await queue.StartAsync(Token);

        await Probe.EventuallyAsync(async () => await queue.GetAsync(added.Id, Token) is null, "it is gone");
    }

    /// <summary>Two processes, here two factories: a worker that keeps, and an API that adds and looks by default options.</summary>
    [Fact]
    public async Task KeepFinished_SetInTheWorkerOnly_ProcessesThatDoNotConsumeDropNothing()
    {
        var time = new TaskQ.Memory.Testing.ManualTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var factory = Factory(options => (options.KeepFinished, options.UseQueueClock) = (TimeSpan.FromDays(7), true));
        await using var apiFactory = Factory(options => (options.MaxDeadLetters, options.UseQueueClock) = (1, true));
        var queue = Probe.Queue(factory, options => (options.TimeProvider, options.DeadLetterRetention) = (time, TimeSpan.FromDays(7)));
        var api = Probe.Queue(apiFactory, options => (options.Name, options.TimeProvider, options.DeadLetterRetention) = (queue.Name, time, TimeSpan.FromDays(1)));
        var task = queue.RegisterTask("t", static (int _) => { });
        var failing = queue.RegisterTask(new TaskOptions { Name = "f", Handler = void (int _) => throw new InvalidOperationException("f"), RetryLimit = 1 });
        await queue.AddRangeAsync([task.WithArgs(1), failing.WithArgs(1), failing.WithArgs(2)], Token);
        await queue.StartAsync(Token);
        await RowsAsync("state = 4", 1);
        await RowsAsync("state = 3", 2);
        await queue.StopAsync(TimeSpan.FromSeconds(5));

        // What the API's options would drop: by age, and by count.
        time.Advance(TimeSpan.FromDays(2));
        await database.ExecuteAsync($"INSERT INTO taskq_names (name, queue, message, until, name_ends) SELECT id, queue, id, 1, 0 FROM taskq_messages WHERE state = 4");
        await api.AddAsync(api.RegisterTask<int>("t").WithArgs(2), Token);

        // Ended names go, whoever sees them; so it was tended.
        await Probe.EventuallyAsync(async () => await database.NumberAsync("SELECT COUNT(*) FROM taskq_names") == 0, "it was tended");
        Assert.Equal((1, 2), ((await api.CountAsync(Token)).Ready, (await api.CountAsync(Token)).Dead));
        Assert.Equal(2, (await api.PeekDeadAsync(10, Token)).Count);
        Assert.Single(await api.ListAsync(new MessageFilter { State = MessageState.Finished }, 10, Token));

        time.Advance(TimeSpan.FromDays(6));
        await queue.CountAsync(Token);
        await RowsAsync("state >= 3", 0);

        Task RowsAsync(string condition, long count) => Probe.EventuallyAsync(
            async () => await database.NumberAsync($"SELECT COUNT(*) FROM taskq_messages WHERE {condition}") == count, $"{count} rows where {condition}");
    }

    [Fact]
    public async Task Errors_AttemptsFail_TheLatestTenAreShown()
    {
        await using var factory = Factory();
        var queue = Probe.Queue(factory);
        var attempts = 0;
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = void () => throw new InvalidOperationException($"failure {Interlocked.Increment(ref attempts)} 'quoted'; \ud83d\ude00"),
            RetryLimit = 12,
            RetryDelay = static _ => TimeSpan.FromMilliseconds(1),
        });
        var added = await queue.AddAsync(task.WithArgs(), Token);
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(async () => (await queue.CountAsync(Token)).Dead == 1, "it is dead");

        var dead = await queue.GetAsync(added.Id, Token);
        Assert.Equal(MessageState.Dead, dead!.State);
        Assert.Equal(Enumerable.Range(3, 10), dead.Errors.Select(static error => error.Attempt));
        Assert.All(dead.Errors, error => Assert.Equal($"failure {error.Attempt} 'quoted'; \ud83d\ude00", error.ErrorMessage));
        Assert.All(dead.Errors, static error => Assert.Equal(typeof(InvalidOperationException).FullName, error.ErrorType));
        Assert.InRange(dead.Errors[^1].FailedAt, TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Errors_LeaseRunsOut_IsShownAsTheErrorOfItsAttempt()
    {
        await using var factory = Factory();
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        var added = await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token);
        await FetchAsync();
        await database.ExecuteAsync("UPDATE taskq_leases SET until = 1");
        Assert.Equal(2, (await queue.CountAsync(Token)).Ready);

        var deliveries = await FetchAsync();
        await queue.Backend.ExchangeAsync([new Settlement(deliveries[0], SettlementKind.Retry, Death: new Death("", "T", "m", deliveries[0].Attempt))], null, Token);
        await database.ExecuteAsync("UPDATE taskq_leases SET until = 1");
        await queue.CountAsync(Token);

        (int, string)[][] errors = [await ErrorsAsync(added[0].Id), await ErrorsAsync(added[1].Id)];
        Assert.Equal([[(1, "lease_lost"), (2, "T")], [(1, "lease_lost"), (2, "lease_lost")]], errors.OrderByDescending(static list => list[1].Item2 == "T"));

        async Task<IReadOnlyList<Delivery>> FetchAsync()
        {
            var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 10, TimeSpan.Zero);
            var fetched = (await queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
            Assert.Equal(2, fetched.Count);
            return fetched;
        }

        async Task<(int Attempt, string Type)[]> ErrorsAsync(Guid id) =>
            [.. (await queue.GetAsync(id, Token))!.Errors.Select(static error => (error.Attempt, error.ErrorType))];
    }

    private SqlQueueFactory Factory(Action<SqlOptions>? configure = null)
    {
        var options = new SqlOptions();
        configure?.Invoke(options);
        return new SqlQueueFactory(database.DataSource, database.Dialect, options);
    }
}
