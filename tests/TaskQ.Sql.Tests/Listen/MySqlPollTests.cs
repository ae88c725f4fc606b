using System.Diagnostics;
using TaskQ.Conformance.Harness;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Faults;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>How soon a process learns by looking what another one has done: MariaDB tells nobody.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class MySqlPollTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddAsync_InAnotherProcess_StartsWithTheNextLook()
    {
        const int Messages = 40;
        await using var database = new MariaDbDatabase();
        await using var producers = new SqlQueueFactory(database.DataSource, database.Dialect);
        await using var consumers = new SqlQueueFactory(database.DataSource, database.Dialect);
        var producer = Probe.Queue(producers);
        var task = producer.RegisterTask("t", () => { });
        var consumer = Probe.Queue(consumers, options => options.Name = producer.Name);
        using var ran = new SemaphoreSlim(0);
        consumer.RegisterTask("t", () => { ran.Release(); });
        await consumer.StartAsync(Token);
        List<TimeSpan> busy = [], idle = [];
        for (var n = 0; n < Messages; n++)
        {
            // The longer nothing comes, the less often it looks.
            var pause = TimeSpan.FromMilliseconds(n % 2 == 0 ? 5 : 500);
            await Task.Delay(pause, TimeProvider.System, Token);
            var added = Stopwatch.GetTimestamp();
            await producer.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
            (n % 2 == 0 ? busy : idle).Add(Stopwatch.GetElapsedTime(added));
        }

        Figures.Print($"from add to start 5 ms after another one p50 {Figures.Milliseconds(Figures.Percentile(busy, 0.5))} ms, at most {Figures.Milliseconds(busy.Max())} ms; "
            + $"after 500 ms p50 {Figures.Milliseconds(Figures.Percentile(idle, 0.5))} ms, at most {Figures.Milliseconds(idle.Max())} ms");
        Assert.True(Figures.Percentile(busy, 0.5) < TimeSpan.FromMilliseconds(300), "it hardly looks while it is busy");
        machine.AssertWithin(TimeSpan.FromSeconds(2), idle.Max(), "one started");
    }

    [Fact]
    public async Task AddAsync_InTheSameProcess_StartsAtOnce()
    {
        const int Messages = 40;
        await using var database = new MariaDbDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask("t", () => { ran.Release(); });
        await queue.StartAsync(Token);
        List<TimeSpan> times = [];
        for (var n = 0; n < Messages; n++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
            var added = Stopwatch.GetTimestamp();
            await queue.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
            times.Add(Stopwatch.GetElapsedTime(added));
        }

        Figures.Print($"in the same process p50 {Figures.Milliseconds(Figures.Percentile(times, 0.5))} ms, at most {Figures.Milliseconds(times.Max())} ms");
        Assert.True(Figures.Percentile(times, 0.5) < TimeSpan.FromMilliseconds(50), "it waits for a poll");
    }
}
