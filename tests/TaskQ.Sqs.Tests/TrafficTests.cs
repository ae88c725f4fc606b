using System.Diagnostics;
using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Tests.Faults;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests;

/// <summary>How many requests a message costs: SQS is paid by the request.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class TrafficTests(FauxqsServer server, Standstill machine) : FaultTest(server)
{
    private const int Messages = 2000;

    [Fact]
    public async Task Messages_AddedAtTheSameTimeAndRun_ShareRequests()
    {
        TaskQueue queue = Queue();
        TaskDefinition task = Counting(queue);

        await Task.WhenAll(Enumerable.Range(0, Messages).Select(n => queue.AddAsync(task.WithArgs(n), Token)));
        double adds = PerMessage("SendMessage");
        await queue.StartAsync(Token);
        await UntilAsync(() => queue.Consumer.Stats.Processed == Messages, "all have run");
        await EmptyAsync(queue);
        double receives = PerMessage("ReceiveMessage");
        double deletes = PerMessage("DeleteMessage");

        Assert.InRange(adds, 0.1, 0.11);
        Assert.InRange(receives + deletes, 0.2, 0.22);
        Assert.Equal(0, PerMessage("ChangeMessageVisibility"));
        Assert.Equal(Messages, Runs.Count);
        Figures.Print($"{Messages} messages: {adds:0.000} requests each to add, {receives:0.000} to receive, {deletes:0.000} to delete");
    }

    [Fact]
    public async Task AddRange_ManyMessages_SendsFullBatches()
    {
        TaskQueue queue = Queue();
        TaskDefinition task = Counting(queue);

        await queue.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n)), Token);

        Assert.Equal(0.1, PerMessage("SendMessage"));
        Figures.Print($"{Messages} messages: {PerMessage("SendMessage"):0.000} requests each to add");
    }

    [Fact]
    public async Task Messages_OneAfterTheOther_DontWaitForTheDeletesOfOthers()
    {
        TaskQueue queue = Queue(configureSqs: options => options.BatchWindow = Sec(1));
        TaskDefinition task = Counting(queue);
        await queue.StartAsync(Token);
        TimeSpan longest = TimeSpan.Zero;

        for (int n = 0; n < 20; n++)
        {
            long start = Stopwatch.GetTimestamp();
            await queue.AddAsync(task.WithArgs(n), Token);
            await UntilAsync(() => Runs.ContainsKey(n), "it has run");
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            longest = took > longest ? took : longest;
        }

        await EmptyAsync(queue);
        machine.AssertWithin(Sec(0.8), longest, "the slowest ran");
        Assert.True(Sqs.Calls["DeleteMessage"] < 10);
        Figures.Print($"20 messages, deletes within 1 s: the longest ran after {longest.TotalMilliseconds:0} ms, {Sqs.Calls["DeleteMessage"]} deletes");
    }

    private double PerMessage(string operation) => Sqs.Calls.GetValueOrDefault(operation) / (double)Messages;
}
