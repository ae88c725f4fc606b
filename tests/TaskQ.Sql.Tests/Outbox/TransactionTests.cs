using System.Data.Common;
using TaskQ.Memory;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

/// <summary>Adds within a transaction of the caller's, in each kind of database.</summary>
public abstract class TransactionTests(TestDatabase database) : IAsyncLifetime
{
    private readonly SqlQueueFactory _factory = new(database.DataSource, database.Dialect);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _factory.EnsureSchemaAsync(Token);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _factory.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    [Trait("Fault", "Q4")]
    public async Task AddAsync_HalfOfTheTransactionsRollBack_TheOthersMessagesAreThere()
    {
        const int Transactions = 1000;
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        var committed = new List<Guid>();
        for (var n = 0; n < Transactions; n++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var result = await queue.AddAsync(task.WithArgs(n), transaction, Token);
            if (n % 2 == 0)
            {
                await transaction.CommitAsync(Token);
                committed.Add(result.Id);
            }
            else
            {
                await transaction.RollbackAsync(Token);
            }
        }

        var stored = await queue.ListAsync(new MessageFilter(), Transactions, Token);
        TestContext.Current.TestOutputHelper!.WriteLine($"[figures] {Transactions} transactions, {committed.Count} committed, {stored.Count} messages");
        Assert.Equal(committed, stored.Select(static message => message.Message.Id));
    }

    [Fact]
    public async Task AddAsync_NameTakenInARolledBackTransaction_IsFree()
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await queue.AddAsync(task.WithArgs(1).WithName("n"), transaction, Token);
            await transaction.RollbackAsync(Token);
        }

        Guid first;
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            var added = await queue.AddAsync(task.WithArgs(2).WithName("n"), transaction, Token);
            var again = await queue.AddAsync(task.WithArgs(3).WithName("n"), transaction, Token);
            await transaction.CommitAsync(Token);
            Assert.False(added.IsDuplicate);
            Assert.True(again.IsDuplicate);
            first = added.Id;
        }

        var outside = await queue.AddAsync(task.WithArgs(4).WithName("n"), Token);

        Assert.Equal((true, first), (outside.IsDuplicate, outside.Id));
    }

    [Fact]
    public async Task AddRangeAsync_OneRolledBackAndOneCommitted_TheSecondIsThereAsAWhole()
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n).WithName("n" + n)), transaction, Token);
            await transaction.RollbackAsync(Token);
        }

        IReadOnlyList<AddResult> added;
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            added = await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n).WithName("n" + (n / 2))), transaction, Token);
            await transaction.CommitAsync(Token);
        }

        var stored = await queue.ListAsync(new MessageFilter(), 20, Token);
        Assert.Equal(Enumerable.Range(0, 10).Select(static n => n % 2 == 1), added.Select(static result => result.IsDuplicate));
        Assert.Equal(added.Where(static result => !result.IsDuplicate).Select(static result => result.Id), stored.Select(static message => message.Message.Id));
    }

    [Fact]
    public async Task AddAsync_UniqueRolledBackAndCommitted_OnlyTheSecondTakesTheName()
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await queue.AddAsync(task.WithArgs(1).Unique(), transaction, Token);
            await transaction.RollbackAsync(Token);
        }

        AddResult committed;
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            committed = await queue.AddAsync(task.WithArgs(1).Unique(), transaction, Token);
            await transaction.CommitAsync(Token);
        }

        var outside = await queue.AddAsync(task.WithArgs(1).Unique(), Token);

        Assert.False(committed.IsDuplicate);
        Assert.Equal(new AddResult(committed.Id, AddStatus.Duplicate), outside);
    }

    [Theory]
    [InlineData(true, "new")]
    [InlineData(false, "old")]
    public async Task AddAsync_ReplacePendingCommittedOrRolledBack_ContentIsTheNewOrTheOld(bool commits, string header)
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        var old = await queue.AddAsync(task.WithArgs(1).WithName("n").WithHeader("h", "old").WithDelay(TimeSpan.FromHours(1)), Token);
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            var message = task.WithArgs(2).WithName("n", DedupeMode.ReplacePending).WithHeader("h", "new").WithDelay(TimeSpan.FromHours(2));
            Assert.Equal(new AddResult(old.Id, AddStatus.Duplicate), await queue.AddAsync(message, transaction, Token));
            await (commits ? transaction.CommitAsync(Token) : transaction.RollbackAsync(Token));
        }

        var stored = Assert.Single(await queue.ListAsync(new MessageFilter(), 10, Token));
        var wait = stored.DueAt - TimeProvider.System.GetUtcNow();
        Assert.Equal((old.Id, header), (stored.Message.Id, stored.Message.Headers["h"]));
        Assert.InRange(wait, TimeSpan.FromMinutes(commits ? 110 : 50), TimeSpan.FromMinutes(commits ? 121 : 61));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_TwoOpenTransactionsWithOneName_TheSecondWaitsForTheFirst(bool commits)
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using var first = await connection.BeginTransactionAsync(Token);
        var holder = await queue.AddAsync(task.WithArgs(1).WithName("n"), first, Token);
        var second = Task.Run(
            async () =>
            {
                await using var other = await database.DataSource.OpenConnectionAsync(Token);
                await using var transaction = await other.BeginTransactionAsync(Token);
                var result = await queue.AddAsync(task.WithArgs(2).WithName("n"), transaction, Token);
                await transaction.CommitAsync(Token);
                return result;
            },
            Token);
        await Task.WhenAny(second, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token));
        Assert.False(second.IsCompleted);

        await (commits ? first.CommitAsync(Token) : first.RollbackAsync(Token));

        var result = await second.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Equal(commits, result.IsDuplicate);
        Assert.Equal(commits, result.Id == holder.Id);
        Assert.Equal(result.Id, Assert.Single(await queue.ListAsync(new MessageFilter(), 10, Token)).Message.Id);
    }

    [Fact]
    public async Task AddAsync_FirstAddOfTheQueueRolledBack_TheQueueWorks()
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await queue.AddAsync(task.WithArgs(1), transaction, Token);
            await transaction.RollbackAsync(Token);
        }

        await queue.AddAsync(task.WithArgs(2), Token);

        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task AddAsync_ConsumerWaits_RunsSoonAfterTheCommit()
    {
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask("t", (int n) => { ran.TrySetResult(n); });
        await queue.StartAsync(Token);
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await queue.AddAsync(task.WithArgs(7), transaction, Token);
        Assert.False(ran.Task.IsCompleted);

        await transaction.CommitAsync(Token);

        Assert.Equal(7, await ran.Task.WaitAsync(TimeSpan.FromSeconds(20), Token));
    }

    [Fact]
    public async Task AddAsync_EndedTransaction_SaysSo()
    {
        var queue = Probe.Queue(_factory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        DbTransaction transaction = await connection.BeginTransactionAsync(Token);
        await transaction.CommitAsync(Token);
        Assert.SkipWhen(
            database.Dialect == SqlDialect.MySql && transaction.Connection is not null,
            "MySql.Data does not tell that a transaction has ended: it keeps its connection, which MySqlConnector does not.");

        var error = await Assert.ThrowsAnyAsync<Exception>(() => queue.AddAsync(task.WithArgs(1), transaction, Token));

        Assert.True(error is ArgumentException or ObjectDisposedException or InvalidOperationException, $"It was {error}.");
    }

    [Fact]
    public async Task AddAsync_QueueElsewhere_PointsToTheOutbox()
    {
        await using var memory = new MemoryQueueFactory();
        var queue = Probe.Queue(memory);
        var task = queue.RegisterTask<int>("t");
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => queue.AddAsync(task.WithArgs(1), transaction, Token));

        Assert.Contains("SqlOutbox", error.Message, StringComparison.Ordinal);
    }
}
