using System.Data.Common;
using Npgsql;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Adding;

/// <summary>How messages are stored in PostgreSQL: what is new without a look for what is there.</summary>
public sealed class PostgreSqlAddTests : IAsyncDisposable
{
    private readonly PostgreSqlDatabase _database = new();
    private readonly LogRecorder _log = new();
    private readonly NpgsqlDataSource _source;
    private readonly SqlQueueFactory _factory;
    private readonly TaskQueue _queue;

    public PostgreSqlAddTests()
    {
        _source = new NpgsqlDataSourceBuilder(_database.ConnectionString).UseLoggerFactory(_log).Build();
        _factory = new SqlQueueFactory(_source, _database.Dialect);
        _queue = Probe.Queue(_factory);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        await _source.DisposeAsync();
        await _database.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task AddRangeAsync_NewMessages_AreOneStatementWithoutALook()
    {
        await AddAsync(New());
        string[] texts = await InsertsAsync(() => AddAsync([.. Enumerable.Range(0, 1000).Select(_ => New())]));

        string text = Assert.Single(texts);
        Assert.DoesNotContain("ON CONFLICT", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddRangeAsync_OneIsStoredAlready_StoresTheOthers()
    {
        NewMessage known = New();
        await AddAsync(known);
        NewMessage[] all = [New(), known, New() with { Delay = TimeSpan.FromHours(1) }, New()];
        string[] texts = await InsertsAsync(() => AddAsync(all));

        Assert.Equal(all.Select(static message => message.Id).Order(), (await IdsAsync()).Order());
        Assert.Equal([false, true], texts.Select(static text => text.Contains("ON CONFLICT", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AddRangeAsync_OneOfThemTwice_IsStoredOnce()
    {
        NewMessage twice = New();
        await AddAsync(twice, New(), twice);

        Assert.Equal(2, (await IdsAsync()).Count);
    }

    [Fact]
    public async Task AddRangeAsync_AnEarlierAddFailed_LooksAtOnce()
    {
        NewMessage known = New();
        await AddAsync(known);
        string[] texts = await InsertsAsync(() => AddAsync(New(), known with { IsRepeated = true }));

        Assert.Contains("ON CONFLICT", Assert.Single(texts), StringComparison.Ordinal);
        Assert.Equal(2, (await IdsAsync()).Count);
    }

    [Fact]
    public async Task AddWithinAsync_OneIsStoredAlready_TheTransactionGoesOn()
    {
        NewMessage known = New();
        await AddAsync(known);
        await using DbConnection connection = await _source.OpenConnectionAsync(Token);
        await using DbTransaction transaction = await connection.BeginTransactionAsync(Token);
        await ((SqlQueueBackend)_queue.Backend).AddWithinAsync(new[] { New(), known }, transaction, Token);
        await ((SqlQueueBackend)_queue.Backend).AddWithinAsync(new[] { New() }, transaction, Token);
        await transaction.CommitAsync(Token);

        Assert.Equal(3, (await IdsAsync()).Count);
    }

    [Fact]
    public async Task AddRangeAsync_DueAtOnceAndLaterAndNamed_EachHasWhatItWasGiven()
    {
        DateTimeOffset due = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);
        NewMessage plain = New(), delayed = New() with { Delay = TimeSpan.FromHours(1) }, scheduled = New() with { DueAt = due, TaskName = "other" };
        await AddAsync(plain);
        await AddAsync(delayed, scheduled, New() with { Name = MessageName.OfId(Guid.NewGuid()) });

        Assert.Equal(2, (await ListAsync(new MessageFilter { State = MessageState.Ready })).Count);
        Assert.Equal(2, (await ListAsync(new MessageFilter { State = MessageState.Delayed })).Count);
        Assert.Equal(due, Assert.Single(await ListAsync(new MessageFilter { TaskName = "other" })).DueAt);
        Assert.Equal(1, await _database.NumberAsync("SELECT COUNT(*) FROM taskq_messages WHERE name IS NOT NULL"));
        Assert.Equal(4, await _database.NumberAsync($"SELECT COUNT(*) FROM taskq_messages WHERE enqueued = {plain.EnqueuedAt.ToUnixTimeMilliseconds() * 1000}"));
    }

    private static NewMessage New() =>
        new(Guid.CreateVersion7(), new MessageBody(new byte[] { 1, 2, 3 }), "t", DateTimeOffset.UnixEpoch.AddDays(20_000), TimeSpan.Zero, null, null);

    private async Task AddAsync(params NewMessage[] messages)
    {
        AddResult[] results = await _queue.Backend.AddRangeAsync(messages, Token);
        Assert.Equal(messages.Select(static message => message.Id), results.Select(static result => result.Id));
    }

    private async Task<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter) => await _queue.Backend.ListAsync(filter, 10_000, Token);

    private async Task<List<Guid>> IdsAsync() => [.. (await ListAsync(new MessageFilter())).Select(static message => message.Id)];

    /// <summary>The statements that insert messages, in their order, carried out or not.</summary>
    private async Task<string[]> InsertsAsync(Func<Task> work)
    {
        int before = _log.Lines.Count;
        await work();
        return
        [
            .. _log.Lines.Skip(before).Select(static line => line.Text)
                .Where(static text => text.Contains("INSERT INTO taskq_messages", StringComparison.Ordinal) && text.Contains("Executing command", StringComparison.Ordinal)),
        ];
    }
}
