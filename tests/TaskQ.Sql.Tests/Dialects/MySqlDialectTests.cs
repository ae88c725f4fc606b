using System.Data;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Dialects;

/// <summary>What is particular about MariaDB and MySQL: packets, isolation, counts of rows.</summary>
public sealed class MySqlDialectTests : IAsyncDisposable
{
    private readonly MariaDbDatabase _database = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task AddAsync_LargerThanAPacket_SaysWhichSettingAndStoresNothing()
    {
        await using var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        var queue = Probe.Queue(factory, static options => options.MaxMessageSize = 256 << 20);
        var task = queue.RegisterTask<byte[]>("big");
        var limit = int.Parse((await Probe.ReadAsync(_database.DataSource, "SELECT @@max_allowed_packet"))[0], System.Globalization.CultureInfo.InvariantCulture);

        var error = await Assert.ThrowsAsync<PayloadException>(() => queue.AddAsync(task.WithArgs(Noise(limit)), Token));

        Assert.Contains("task 'big'", error.Message, StringComparison.Ordinal);
        Assert.Contains("max_allowed_packet", error.Message, StringComparison.Ordinal);
        Assert.Equal(default, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task AddRangeAsync_TogetherLargerThanAPacket_AreStoredInSeveralStatements()
    {
        await using var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        var queue = Probe.Queue(factory);
        var ran = 0;
        var task = queue.RegisterTask("t", (byte[] bytes) => { Interlocked.Add(ref ran, bytes.Length == 1_500_000 ? 1 : 0); });

        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(_ => task.WithArgs(Noise(1_500_000))), Token);
        await queue.Consumer.ProcessAllAsync(Token);

        Assert.Equal(20, ran);
    }

    [Fact]
    public async Task AddAsync_InATransactionThatBeganBeforeANameWasTaken_IsADuplicate()
    {
        await using var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask<int>("t");
        await queue.AddAsync(task.WithArgs(0), Token);
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);
        await using (var look = connection.CreateCommand())
        {
            look.Transaction = transaction;
            look.CommandText = "SELECT COUNT(*) FROM taskq_names";
            await look.ExecuteScalarAsync(Token);
        }

        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        var second = await queue.AddAsync(task.WithArgs(2).WithName("n"), transaction, Token);
        await transaction.CommitAsync(Token);

        Assert.Equal((AddStatus.Duplicate, first.Id), (second.Status, second.Id));
        Assert.Equal(2, (await queue.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task AddAsync_TwoTransactionsTakeDifferentNames_NeitherWaits()
    {
        await using var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask<int>("t");
        await queue.AddAsync(task.WithArgs(0), Token);
        await using var first = await _database.DataSource.OpenConnectionAsync(Token);
        await using var second = await _database.DataSource.OpenConnectionAsync(Token);
        await using var firsts = await first.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);
        await using var seconds = await second.BeginTransactionAsync(IsolationLevel.RepeatableRead, Token);

        // In turn, on one table that is all but empty: locked gaps would make each wait for the other.
        for (var n = 0; n < 20; n++)
        {
            await queue.AddAsync(task.WithArgs(n).WithName($"a{n}"), firsts, Token);
            await queue.AddAsync(task.WithArgs(n).WithName($"b{n}"), seconds, Token);
        }

        await firsts.CommitAsync(Token);
        await seconds.CommitAsync(Token);

        Assert.Equal(41, (await queue.CountAsync(Token)).Ready);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NamesAndRepeats_HoweverTheDriverCountsRows_AreRight(bool useAffectedRows)
    {
        await using var source = new MySqlDataSource(_database.ConnectionString + $";Use Affected Rows={useAffectedRows};Pooling=False");
        await using var factory = new SqlQueueFactory(source, _database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask<int>("t");
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        var again = await queue.AddAsync(task.WithArgs(2).WithName("n"), Token);
        var fetch = new Backend.FetchRequest(new Backend.Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 10, TimeSpan.Zero);

        var fetched = await queue.Backend.ExchangeAsync([], fetch, Token);
        await queue.AddAsync(task.WithArgs(3), Token);
        var repeated = await queue.Backend.ExchangeAsync([], fetch with { }, Token);

        Assert.Equal((AddStatus.Duplicate, first.Id), (again.Status, again.Id));
        Assert.Equal(first.Id, Assert.Single(fetched.Deliveries).Id);
        Assert.Equal(first.Id, Assert.Single(repeated.Deliveries).Id);
        Assert.Empty((await queue.Backend.BeatAsync([fetch.Lease], Token)).Lost);
    }

    [Fact]
    public async Task Now_WhateverTheSessionsTimeZone_IsUtc()
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        foreach (var zone in new[] { "+00:00", "-11:00", "+13:00" })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SET time_zone = '{zone}'";
            await command.ExecuteNonQueryAsync(Token);
            command.CommandText = $"SELECT {SqlDialect.MySql.Now}";
            var now = DateTimeOffset.UnixEpoch.AddMicroseconds((long)(await command.ExecuteScalarAsync(Token))!);
            Assert.InRange(now, TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Bytes that don't get smaller.</summary>
    private static byte[] Noise(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
