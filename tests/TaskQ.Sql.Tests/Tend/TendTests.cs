using TaskQ.Memory.Testing;
using TaskQ.Sql.Store;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Tend;

/// <summary>What is dropped although nobody counts or looks, in each kind of database.</summary>
public abstract class TendTests(TestDatabase database) : IAsyncLifetime
{
    private const int Messages = 450;

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Adding_AfterNamesEndedAndRetentionIsOver_TheyAreDropped()
    {
        await using var factory = Factory(new SqlOptions { KeepFinished = TimeSpan.FromDays(2) });
        var queue = Probe.Queue(factory, options => options.TimeProvider = _time);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n).OnceInPeriod(TimeSpan.FromDays(1), n)), Token);
        await queue.StartAsync(Token);
        await RowsAsync("taskq_messages WHERE state = 4", Messages);
        await queue.StopAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(Messages, await database.NumberAsync("SELECT COUNT(*) FROM taskq_names"));

        _time.Advance(TimeSpan.FromDays(1.5));
        await queue.AddAsync(task.WithArgs(Messages), Token);
        await RowsAsync("taskq_names", 0);
        Assert.Equal(Messages, await database.NumberAsync("SELECT COUNT(*) FROM taskq_messages WHERE state = 4"));

        // It takes several pieces; the one that was added now stays.
        _time.Advance(TimeSpan.FromDays(1));
        await queue.AddAsync(task.WithArgs(Messages + 1), Token);
        await RowsAsync("taskq_messages", 2);
    }

    [Fact]
    public async Task Consuming_BeforeTheNextTime_NothingIsDropped()
    {
        await using var factory = Factory(new SqlOptions { KeepFinished = TimeSpan.FromSeconds(1) });
        var queue = Probe.Queue(factory, options => options.TimeProvider = _time);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await RowsAsync("taskq_messages WHERE state = 4", 1);

        _time.Advance(TimeSpan.FromSeconds(2));
        await queue.AddAsync(task.WithArgs(2), Token);
        await RowsAsync("taskq_messages WHERE state = 4", 2);

        // The poll of a consumer that waits is enough.
        _time.Advance(2 * TendClock.Period);
        await RowsAsync("taskq_messages", 0);
    }

    [Fact]
    public async Task Messages_Die_TheOldestBeyondTheMaximumAreDropped()
    {
        await using var factory = Factory(new SqlOptions { MaxDeadLetters = 3 });
        var queue = Probe.Queue(factory, options =>
        {
            options.TimeProvider = _time;
            options.DeadLetterRetention = TimeSpan.FromDays(1);
            options.PauseErrorsThreshold = 1_000_000;
        });
        var task = queue.RegisterTask(new TaskOptions { Name = "t", Handler = void (int _) => throw new InvalidOperationException("t"), RetryLimit = 1, RetryDelay = static _ => TimeSpan.Zero });
        await queue.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await RowsInTimeAsync("taskq_messages", 3);
        _time.Advance(TimeSpan.FromDays(2));
        await RowsInTimeAsync("taskq_messages", 0);
    }

    [Fact]
    public async Task Close_WhileItIsTended_Ends()
    {
        await using var factory = Factory(new SqlOptions());
        var queue = Probe.Queue(factory, options => options.TimeProvider = _time);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n).OnceInPeriod(TimeSpan.FromDays(1), n)), Token);
        _time.Advance(TimeSpan.FromDays(2));

        await queue.AddAsync(task.WithArgs(Messages), Token);
        await factory.DisposeAsync();

        Assert.Equal(0, factory.PendingCalls);
    }

    private Task RowsAsync(string what, long count) => Probe.EventuallyAsync(
        async () => await database.NumberAsync($"SELECT COUNT(*) FROM {what}") == count, $"{count} rows in {what}");

    /// <summary>While time passes: what happened during a look is seen by the next one.</summary>
    private Task RowsInTimeAsync(string what, long count) => Probe.EventuallyAsync(
        async () =>
        {
            _time.Advance(2 * TendClock.Period);
            return await database.NumberAsync($"SELECT COUNT(*) FROM {what}") == count;
        },
        $"{count} rows in {what}");

    private SqlQueueFactory Factory(SqlOptions options)
    {
        options.UseQueueClock = true;
        return new SqlQueueFactory(database.DataSource, database.Dialect, options);
    }
}
