using System.Diagnostics;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Store;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>Leases and settlements under faults.</summary>
public abstract class SettleFaults : FaultTest
{
    private readonly Standstill _machine;

    private protected SettleFaults(SqsServer server, Standstill machine)
        : base(server) => _machine = machine;

    [Fact]
    [Trait("Fault", "S4")]
    public async Task Run_LongerThanTheLease_RunsOnce()
    {
        TaskQueue queue = Queue(options => options.LeaseDuration = Sec(2));
        TaskDefinition task = queue.RegisterTask("t", async (int n) =>
        {
            Runs.AddOrUpdate(n, 1, static (_, runs) => runs + 1);
            await Task.Delay(Sec(6), TimeProvider.System);
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(1), Token);

        await UntilAsync(() => queue.Consumer.Stats.Processed == 1, "it has run");
        await EmptyAsync(queue);
        Assert.Equal(1, Runs[1]);
        int beats = Sqs.Calls["ChangeMessageVisibility"];
        Assert.InRange(beats, 6, 12);
        Figures.Print($"6 s under a lease of 2 s: 1 run, {beats} beats");
    }

    [Fact]
    [Trait("Fault", "S5")]
    public async Task Settle_StaleHandle_IsLostAndStaysWithItsNewOwner()
    {
        TaskQueue queue = Queue();
        await queue.AddAsync(Counting(queue).WithArgs(1), Token);
        var late = await FetchAsync(1);

        // The fetch is woken by the end of the first lease.
        var owner = await FetchAsync(30);

        // The service may have been first: here the lease counts from its answer.
        await UntilAsync(() => Stopwatch.GetTimestamp() >= ((SqsDelivery)late).Deadline, "the first lease is over");
        int before = Sqs.Calls.GetValueOrDefault("DeleteMessage");
        ExchangeResult result = await queue.Backend.ExchangeAsync([new Settlement(late, SettlementKind.Complete)], null, Token);

        Assert.Equal(late, Assert.Single(result.Lost));
        Assert.Equal(before, Sqs.Calls.GetValueOrDefault("DeleteMessage"));
        Assert.Equal(1, (await queue.CountAsync(Token)).InFlight);
        Assert.Empty((await queue.Backend.ExchangeAsync([new Settlement(owner, SettlementKind.Complete)], null, Token)).Lost);
        Figures.Print("late delete: 0 requests, 1 lost lease, the message stays with its owner");

        async Task<Delivery> FetchAsync(double seconds) =>
            (await queue.Backend.ExchangeAsync([], new FetchRequest(NewLease(seconds), 1, Sec(5)), Token)).Deliveries[0];
    }

    [Fact]
    [Trait("Fault", "S5")]
    public async Task Settle_HandleRefusedByTheService_IsLostAfterOneRequest()
    {
        TaskQueue queue = Queue();
        await queue.AddAsync(Counting(queue).WithArgs(1), Token);
        Delivery delivery = (await queue.Backend.ExchangeAsync([], new FetchRequest(NewLease(), 1, Sec(5)), Token)).Deliveries[0];
        Sqs.OnDelete = (handles, _) => Task.FromResult<IReadOnlyList<SqsEntryError?>>(
            [.. handles.Select(_ => new SqsEntryError("ReceiptHandleIsInvalid", "The receipt handle has expired.", IsSenderFault: true))]);

        ExchangeResult result = await queue.Backend.ExchangeAsync([new Settlement(delivery, SettlementKind.Complete)], null, Token);

        Assert.Single(result.Lost);
        Assert.Equal(1, Sqs.Calls["DeleteMessage"]);
        Figures.Print("refused handle: 1 request, 1 lost lease");
    }

    [Fact]
    [Trait("Fault", "S6")]
    public async Task Delete_EntriesOfABatchFail_AreRepeatedAndNothingRunsTwice()
    {
        TaskQueue queue = Queue(options => options.LeaseDuration = Sec(5));
        TaskDefinition task = Counting(queue);
        var failedOnce = new HashSet<string>();
        int failures = 0;
        Sqs.OnDelete = async (handles, next) =>
        {
            var errors = new SqsEntryError?[handles.Count];
            var left = new List<int>();
            lock (failedOnce)
            {
                for (int i = 0; i < handles.Count; i++)
                {
                    if (i % 2 == 0 && failedOnce.Add(handles[i]))
                    {
                        failures++;
                        errors[i] = new SqsEntryError("InternalError", "scripted", IsSenderFault: false);
                    }
                    else
                    {
                        left.Add(i);
                    }
                }
            }

            if (left.Count > 0)
            {
                IReadOnlyList<SqsEntryError?> done = await next([.. left.Select(i => handles[i])]);
                for (int i = 0; i < left.Count; i++)
                {
                    errors[left[i]] = done[i];
                }
            }

            return errors;
        };
        await queue.AddRangeAsync(Enumerable.Range(0, 100).Select(n => task.WithArgs(n)), Token);

        await queue.StartAsync(Token);

        await UntilAsync(() => Runs.Count == 100, "all have run");
        await EmptyAsync(queue);
        Assert.True(failures > 30);
        Assert.All(Runs, run => Assert.Equal(1, run.Value));
        Figures.Print($"100 messages, {failures} deletes failed and repeated, {Runs.Values.Sum() - 100} duplicate runs");
    }

    [Fact]
    [Trait("Fault", "S12")]
    public async Task Stop_TenPrefetched_AreVisibleWithinASecond()
    {
        TaskQueue queue = Queue(options =>
        {
            (options.MinWorkers, options.MaxWorkers, options.MaxFetchers) = (1, 1, 1);
            options.LeaseDuration = Sec(600);
        });
        var release = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        TaskDefinition task = queue.RegisterTask("t", async (int n) =>
        {
            Runs.AddOrUpdate(n, 1, static (_, runs) => runs + 1);
            started.TrySetResult();
            await release.Task;
        });

        // After quick ones it fetches more than it runs.
        TaskDefinition quick = queue.RegisterTask("quick", static () => { });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(_ => quick.WithArgs()), Token);
        await UntilAsync(() => queue.Consumer.Stats.Processed == 5, "the quick ones have run");
        await queue.AddRangeAsync(Enumerable.Range(0, 11).Select(n => task.WithArgs(n)), Token);
        await started.Task.WaitAsync(Sec(20), TimeProvider.System, Token);
        await UntilAsync(async () => await queue.CountAsync(Token) is { InFlight: 11 }, "all are prefetched");

        long start = Stopwatch.GetTimestamp();
        Task stopping = queue.StopAsync(Sec(20));
        await UntilAsync(async () => await queue.CountAsync(Token) is { Ready: 10 }, "what has not started is visible");
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        release.SetResult();
        await stopping;

        _machine.AssertWithin(Sec(1), took, "they were visible");
        Assert.Single(Runs);
        Assert.Equal(10, (await queue.CountAsync(Token)).Ready);
        Figures.Print($"10 unstarted visible after {took.TotalMilliseconds:0} ms, the running one finished");
    }
}
