using System.Collections.Concurrent;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>A newer version of TaskQ beside this one, in a database server.</summary>
public abstract class VersionTests(TestDatabase database) : IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>More columns, with defaults, more tables and indexes, the whole table anew.</summary>
    protected abstract IReadOnlyList<string> Changes { get; }

    /// <summary>Sets the third byte of the bodies.</summary>
    protected abstract string ChangeVersion { get; }

    /// <summary>A SELECT of the bodies as text.</summary>
    protected abstract string ReadBodies { get; }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    [Fact]
    [Trait("Fault", "Q15")]
    public async Task Tables_ChangedWhileItRuns_GoOnInBothVersions()
    {
        const int Messages = 600;
        ConcurrentDictionary<int, int> ran = [];
        await using var running = new SqlQueueFactory(database.DataSource, database.Dialect);
        var old = Probe.Queue(running);
        var task = old.RegisterTask("t", (int n) => { ran.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
        await old.StartAsync(Token);

        // What a later version may do: more columns, with defaults, more tables and indexes, another number. Each ends the transactions of others.
        var adding = Task.Run(() => AddAsync(0, Messages / 2), Token);
        await Probe.EventuallyAsync(() => Task.FromResult(!ran.IsEmpty), "some ran");
        foreach (var change in Changes.Append("INSERT INTO taskq_schema (version) VALUES (2)"))
        {
            await Probe.ExecuteAsync(database.DataSource, change);
        }

        await adding;

        // One of this version that starts only now, beside what runs, and does not take the tables back.
        await using (var later = new SqlQueueFactory(database.DataSource, database.Dialect))
        {
            await later.EnsureSchemaAsync(Token);
            var beside = Probe.Queue(later, options => options.Name = old.Name);
            beside.RegisterTask("t", (int n) => { ran.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
            await beside.StartAsync(Token);
            await AddAsync(Messages / 2, Messages);
            await Probe.EventuallyAsync(async () => await old.CountAsync(Token) == default, "the queue is empty");
            await beside.StopAsync(TimeSpan.FromSeconds(10), Token);
        }

        await old.StopAsync(TimeSpan.FromSeconds(10), Token);
        Figures.Print($"{Messages} messages while the tables changed: lost {Messages - ran.Count}, ran twice {ran.Values.Sum() - ran.Count}");
        Assert.Equal(Messages, ran.Count);
        Assert.All(ran, static run => Assert.Equal(1, run.Value));
        Assert.Equal(["2"], await Probe.ReadAsync(database.DataSource, "SELECT MAX(version) FROM taskq_schema"));

        async Task AddAsync(int from, int to)
        {
            for (var n = from; n < to; n++)
            {
                await old.AddAsync(task.WithArgs(n), Token);
            }
        }
    }

    [Fact]
    [Trait("Fault", "Q15")]
    public async Task Frame_OfALaterVersion_IsGivenBackAndKeptAsItIs()
    {
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var ran = 0;
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", () => { Interlocked.Increment(ref ran); });
        await queue.AddAsync(task.WithArgs(), Token);

        // The version is the third byte.
        await Probe.ExecuteAsync(database.DataSource, ChangeVersion);
        var later = await Probe.ReadAsync(database.DataSource, ReadBodies);
        await queue.AddAsync(task.WithArgs(), Token);

        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref ran) == 1), "the other one ran");
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { Delayed: 1, Ready: 0, InFlight: 0, Dead: 0 }, "the unknown one waits");
        await queue.StopAsync(TimeSpan.FromSeconds(10), Token);

        Figures.Print($"given back, not discarded; the other one ran {ran} time");
        Assert.Equal(later, await Probe.ReadAsync(database.DataSource, ReadBodies));
        Assert.Equal(["1"], await Probe.ReadAsync(database.DataSource, "SELECT attempt FROM taskq_messages"));
    }
}
