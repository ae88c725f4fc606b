using System.Data.Common;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Adding;

/// <summary>Adds of one message while a caller's transaction holds a name.</summary>
public sealed class OpenTransactionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task AddAsync_NameOfAnOpenTransaction_OnlyThatAddWaits(string backend)
    {
        await using TestDatabase database = backend == "mysql" ? new MariaDbDatabase() : new PostgreSqlDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddAsync(task.WithArgs(0), Token);
        await using DbConnection connection = await database.DataSource.OpenConnectionAsync(Token);
        await using DbTransaction transaction = await connection.BeginTransactionAsync(Token);
        AddResult first = await queue.AddAsync(task.WithArgs(1).WithName("n"), transaction, Token);

        // On a thread of its own: a driver may block the one it is called on.
        Task<AddResult> named = Task.Run(() => queue.AddAsync(task.WithArgs(2).WithName("n"), Token), Token);
        await Probe.EventuallyAsync(() => Task.FromResult(factory.PendingCalls == 1), "it is on its way");
        for (int n = 3; n < 23; n++)
        {
            await queue.AddAsync(task.WithArgs(n), Token).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
        }

        Assert.False(named.IsCompleted);
        await transaction.CommitAsync(Token);
        AddResult second = await named;
        Assert.Equal((first.Id, true), (second.Id, second.IsDuplicate));
        Assert.Equal(22, (await queue.CountAsync(Token)).Ready);
    }
}
