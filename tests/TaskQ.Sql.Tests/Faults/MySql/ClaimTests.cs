using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.MySql;

/// <summary>Many that claim at once; how they find what is next is <see cref="Schema.MySqlPlanTests"/>.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ClaimTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q12")]
    public async Task SixteenClaimers_AtOnce_GetDistinctMessagesAndNoDeadlock()
    {
        const int Claimers = 16, Messages = 8000, Batch = 10;
        await using var server = await MariaDbServer.StartAsync("innodb-flush-log-at-trx-commit=0");
        await using var database = new MariaDbDatabase(server);
        await using var producers = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(producers);
        var task = queue.RegisterTask<int>("t");
        ConcurrentBag<(Guid Id, int Claimer)> claimed = [];
        ConcurrentBag<Exception> errors = [];
        var left = Messages;
        var start = Stopwatch.GetTimestamp();

        // The driver blocks: each has a thread of its own. Messages come while they claim, and each settles what it has, with names that end.
        Task[] all =
        [
            Run(AddAsync),
            .. Enumerable.Range(0, Claimers).Select(n => Run(() => ClaimAsync(n))),
        ];
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(120), Token);

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var deadlocks = await CountAsync("Innodb_deadlocks");
        var waits = await CountAsync("Innodb_row_lock_waits");
        Figures.Print(
            $"{Claimers} claimers, {Messages} messages: claimed twice {claimed.Count - claimed.Select(static c => c.Id).Distinct().Count()}, errors {errors.Count}, deadlocks surfaced 0, "
            + $"in the server {deadlocks}, waits for a row {waits}, {Messages / seconds:N0}/s, each had {claimed.GroupBy(static c => c.Claimer).Min(static g => g.Count())} to {claimed.GroupBy(static c => c.Claimer).Max(static g => g.Count())}");
        Assert.Empty(errors);
        Assert.Equal(Messages, claimed.Count);
        Assert.Equal(Messages, claimed.Select(static c => c.Id).Distinct().Count());
        Assert.Equal(default, await queue.CountAsync(Token));

        Task Run(Func<Task> work) => Task.Factory.StartNew(
            async () =>
            {
                try
                {
                    await work();
                }
                catch (SqlUnavailableException error)
                {
                    errors.Add(error);
                }
            },
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();

        async Task AddAsync()
        {
            for (var n = 0; n < Messages; n += 100)
            {
                await queue.AddRangeAsync(Enumerable.Range(n, 100).Select(m => m % 4 == 0 ? task.WithArgs(m).Unique() : task.WithArgs(m)), Token);
            }
        }

        async Task ClaimAsync(int claimer)
        {
            await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
            var backend = factory.RegisterQueue(new QueueOptions { Name = queue.Name }).Backend;
            Settlement[] finished = [];
            while (Volatile.Read(ref left) > 0 && errors.IsEmpty)
            {
                var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), Batch, TimeSpan.Zero);
                var result = await backend.ExchangeAsync(finished, fetch, Token);
                foreach (var delivery in result.Deliveries)
                {
                    claimed.Add((delivery.Id, claimer));
                }

                Interlocked.Add(ref left, -result.Deliveries.Count);
                finished = [.. result.Deliveries.Select(static delivery => new Settlement(delivery, SettlementKind.Complete))];
            }

            await backend.ExchangeAsync(finished, null, Token);
        }

        async Task<long> CountAsync(string variable) => long.Parse(
            (await Probe.ReadAsync(database.DataSource, $"SELECT variable_value FROM information_schema.global_status WHERE variable_name = '{variable}'"))[0],
            CultureInfo.InvariantCulture);
    }
}
