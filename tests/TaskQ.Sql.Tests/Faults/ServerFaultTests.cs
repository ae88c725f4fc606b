using MySql.Data.MySqlClient;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>What a server does to its clients. Each test has a server of its own, which is told nothing of speed.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ServerFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q2")]
    public async Task ConnectionsCut_OverAndOver_LosesNothing()
    {
        await using var server = await PostgreSqlServer.StartAsync();
        var load = await RunAsync(
            new PostgreSqlDatabase(server),
            () => Probe.ExecuteAsync(
                server.ConnectionString,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"),
            times: 25,
            TimeSpan.FromMilliseconds(200));

        load.Print("25 times all connections cut");
        Assert.Empty(load.Added.Except(load.Ran));
        Assert.True(load.Duplicates <= load.Added.Count / 100, $"{load.Duplicates} duplicates of {load.Added.Count}");
        Assert.True(load.Recovery.Max() < TimeSpan.FromSeconds(2), $"it went on after {load.Recovery.Max()}");
    }

    [Fact]
    [Trait("Fault", "Q3")]
    public async Task ServerKilled_AndRestarted_LosesNothingThatWasCommitted()
    {
        await using var server = await PostgreSqlServer.StartAsync("fsync=on");
        var load = await RunAsync(
            new PostgreSqlDatabase(server),
            async () =>
            {
                await server.KillAsync();
                await server.RestartAsync();
            },
            times: 3,
            TimeSpan.FromMilliseconds(1000));

        load.Print("3 crashes of the server");
        Assert.Empty(load.Added.Except(load.Ran));
        Assert.True(load.Recovery.Max() < TimeSpan.FromSeconds(20), $"it went on after {load.Recovery.Max()}");
    }

    [Fact]
    [Trait("Fault", "Q2")]
    public async Task MariaDbConnectionsCut_OverAndOver_LosesNothing()
    {
        await using var server = await MariaDbServer.StartAsync();
        await using var source = new MySqlDataSource(server.ConnectionString + ";Pooling=False");
        var load = await RunAsync(
            new MariaDbDatabase(server),
            async () =>
            {
                var others = await Probe.ReadAsync(source, "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command <> 'Daemon' AND user = 'root'");
                foreach (var id in others)
                {
                    await KillAsync(id);
                }
            },
            times: 10,
            TimeSpan.FromMilliseconds(200));

        load.Print("MariaDB: 10 times all connections cut");
        Assert.Empty(load.Added.Except(load.Ran));
        Assert.True(load.Duplicates <= load.Added.Count / 100, $"{load.Duplicates} duplicates of {load.Added.Count}");

        async Task KillAsync(string id)
        {
            try
            {
                await Probe.ExecuteAsync(source, $"KILL {id}");
            }
            catch (MySqlException error) when (error.Number == 1094)
            {
                // It has gone by itself.
                return;
            }
        }
    }

    [Fact]
    [Trait("Fault", "Q3")]
    public async Task MariaDbKilled_AndRestarted_LosesNothingThatWasCommitted()
    {
        await using var server = await MariaDbServer.StartAsync("innodb-flush-log-at-trx-commit=1");
        var load = await RunAsync(
            new MariaDbDatabase(server),
            async () =>
            {
                await server.KillAsync();
                await server.RestartAsync();
            },
            times: 3,
            TimeSpan.FromMilliseconds(1000));

        load.Print("MariaDB: 3 crashes of the server");
        Assert.Empty(load.Added.Except(load.Ran));
    }

    /// <summary>Adds and runs while faults come, and then to the end.</summary>
    private static async Task<FaultLoad> RunAsync(TestDatabase given, Func<Task> fault, int times, TimeSpan pause)
    {
        var load = new FaultLoad();
        await using var database = given;
        await using var producers = new SqlQueueFactory(database.DataSource, database.Dialect);
        await using var consumers = new SqlQueueFactory(database.DataSource, database.Dialect);
        var producer = Probe.Queue(producers);
        var task = producer.RegisterTask("t", () => { });
        var consumer = Probe.Queue(consumers, options =>
        {
            options.Name = producer.Name;
            options.LeaseDuration = TimeSpan.FromSeconds(3);
            options.MinWorkers = options.MaxWorkers = 8;
        });
        consumer.RegisterTask("t", (TaskContext context) => load.OnRun(context.Message.Id));
        await consumer.StartAsync(Token);
        using var isOver = new CancellationTokenSource();
        Task[] adding = [.. Enumerable.Range(0, 4).Select(_ => AddAsync(producer, task, load, isOver.Token))];
        await Probe.EventuallyAsync(() => Task.FromResult(load.Ran.Count > 100), "messages run");
        for (var n = 0; n < times; n++)
        {
            await fault();
            load.OnFault();
            await Task.Delay(pause, TimeProvider.System, Token);
            await Probe.EventuallyAsync(() => Task.FromResult(load.HasRecovered), "it goes on", TimeSpan.FromSeconds(60));
        }

        await isOver.CancelAsync();
        await Task.WhenAll(adding);
        await Probe.EventuallyAsync(
            () => Task.FromResult(!load.Added.Except(load.Ran).Any()), "what was added has run", TimeSpan.FromSeconds(60));
        await Probe.EventuallyAsync(async () => await producer.CountAsync(Token) == default, "the queue is empty", TimeSpan.FromSeconds(60));
        return load;
    }

    /// <summary>Adds one after the other; what could not be added is added again, as the same message.</summary>
    private static async Task AddAsync(TaskQueue queue, TaskDefinition task, FaultLoad load, CancellationToken isOver)
    {
        while (!isOver.IsCancellationRequested)
        {
            var message = task.WithArgs();
            while (!await TryAddAsync())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }

            load.Added.Add(message.Id);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);

            async Task<bool> TryAddAsync()
            {
                try
                {
                    await queue.AddAsync(message, Token);
                    return true;
                }
                catch (SqlUnavailableException)
                {
                    return false;
                }
            }
        }
    }
}
