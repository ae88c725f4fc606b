using TaskQ.Backend;

namespace TaskQ.Conformance;

/// <summary>Who holds a message may settle it, nobody else; who dies loses it, and is counted.</summary>
public abstract class Leases(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task Lease_RunsOut_MessageIsDeliveredAgainAndCounted()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        var (queue, task, _) = Start();
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var first = Assert.Single((await FetchAsync(queue, duration: Sec(2))).Deliveries);
        Assert.Equal((id, 1, 0), (first.Id, first.Attempt, first.Crashes));
        await AdvanceAsync(Sec(1));
        Assert.Empty((await FetchAsync(queue)).Deliveries);

        await AdvanceAsync(Sec(1) + Fixture.Tolerance);

        var second = Assert.Single((await FetchAsync(queue)).Deliveries);
        Assert.Equal((id, 2, 1), (second.Id, second.Attempt, second.Crashes));
    }

    [Theory]
    [InlineData(SettlementKind.Complete)]
    [InlineData(SettlementKind.Retry)]
    [InlineData(SettlementKind.Release)]
    [InlineData(SettlementKind.Dead)]
    public async Task Settle_LeaseIsLost_ChangesNothingAndIsReported(SettlementKind kind)
    {
        // R5: fenced, so a process that comes back late can't finish somebody else's delivery.
        var (queue, task, _) = Start();
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var late = (await FetchAsync(queue, duration: Sec(1))).Deliveries[0];
        await AdvanceAsync(Sec(1) + Fixture.Tolerance);
        var owner = (await FetchAsync(queue)).Deliveries[0];

        var result = await SettleAsync(queue, new Settlement(late, kind, Sec(5), new Death("x", null, null, 1)));

        Assert.Equal(id, Assert.Single(result.Lost).Id);
        await CountsAsync(queue, inFlight: 1);
        Assert.Empty((await SettleAsync(queue, new Settlement(owner, SettlementKind.Complete))).Lost);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task Settle_Twice_TheSecondIsRefused()
    {
        var (queue, task, _) = Start();
        await queue.AddAsync(task.WithArgs(1), Token);
        var delivery = (await FetchAsync(queue)).Deliveries[0];
        Assert.Empty((await SettleAsync(queue, new Settlement(delivery, SettlementKind.Retry))).Lost);

        var result = await SettleAsync(queue, new Settlement(delivery, SettlementKind.Complete));

        Assert.Single(result.Lost);
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task BeatAsync_InTime_KeepsTheLease()
    {
        // D6.
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.RenewsLeases, "The store can't renew leases.");
        await queue.AddAsync(task.WithArgs(1), Token);
        var lease = await FetchAsync(queue, duration: Sec(3));
        for (var beat = 0; beat < 6; beat++)
        {
            await AdvanceAsync(Sec(1));
            var result = await Backend(queue).BeatAsync([lease], Token);
            Assert.Empty(result.Lost);
            Assert.Empty(result.Cancelled);
            Assert.Empty((await FetchAsync(queue)).Deliveries);
        }

        Assert.Empty((await SettleAsync(queue, new Settlement(lease.Deliveries[0], SettlementKind.Complete))).Lost);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task BeatAsync_AfterTheLeaseWasLost_SaysSo()
    {
        var (queue, task, _) = Start();
        await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token);
        var late = await FetchAsync(queue, duration: Sec(1));
        await AdvanceAsync(Sec(1) + Fixture.Tolerance);
        var owner = await FetchAsync(queue);
        Assert.Equal(2, owner.Deliveries.Count);

        var result = await Backend(queue).BeatAsync([late, owner], Token);

        Assert.Equal(late.Deliveries.Select(d => d.Id).Order(), result.Lost.Select(d => d.Id).Order());
        Assert.All(result.Lost, lost => Assert.Contains(lost, late.Deliveries));
    }

    [Fact]
    public async Task BeatAsync_MessageCancelled_SaysSo()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.Cancels, "The store can't cancel.");
        var results = await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token);
        var lease = await FetchAsync(queue);

        Assert.True(await Backend(queue).CancelAsync(results[0].Id, Token));

        Assert.Equal(results[0].Id, Assert.Single((await Backend(queue).BeatAsync([lease], Token)).Cancelled).Id);
    }

    [Theory]
    [InlineData(SettlementKind.Retry)]
    [InlineData(SettlementKind.Release)]
    public async Task Settle_CancelledMessage_IsRemovedInsteadOfComingBack(SettlementKind kind)
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.Cancels, "The store can't cancel.");
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var delivery = (await FetchAsync(queue)).Deliveries[0];
        await Backend(queue).CancelAsync(id, Token);

        await SettleAsync(queue, new Settlement(delivery, kind));

        await CountsAsync(queue);
        Assert.True(!Backend(queue).Capabilities.Lookup || await Backend(queue).GetAsync(id, Token) is null);
    }

    [Fact]
    public async Task Cancelled_LeaseRunsOut_MessageDoesNotComeBack()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.Cancels, "The store can't cancel.");
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        await FetchAsync(queue, duration: Sec(1));
        await Backend(queue).CancelAsync(id, Token);

        await AdvanceAsync(Sec(1) + Fixture.Tolerance);

        Assert.Empty((await FetchAsync(queue)).Deliveries);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task Settle_Release_IsUncountedAndComesBeforeThoseThatWait()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.UncountedRelease, "The store counts a release.");
        var results = await queue.AddRangeAsync(Enumerable.Range(0, 4).Select(n => task.WithArgs(n)), Token);
        var first = (await FetchAsync(queue, max: 1)).Deliveries[0];

        await SettleAsync(queue, new Settlement(first, SettlementKind.Release));

        await CountsAsync(queue, ready: 4);
        var again = (await FetchAsync(queue, max: 1)).Deliveries[0];
        Assert.Equal((first.Id, 1, 0), (again.Id, again.Attempt, again.Crashes));
        Assert.Equal(results[0].Id, again.Id);
    }

    [Fact]
    public async Task Settle_ReleaseOfASeveralBatch_KeepsTheirOrder()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.UncountedRelease, "The store counts a release.");
        await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        var lease = await FetchAsync(queue, max: 5);

        await SettleAsync(queue, [.. lease.Deliveries.Select(d => new Settlement(d, SettlementKind.Release))]);

        var again = (await FetchAsync(queue, max: 5)).Deliveries;
        Assert.Equal(lease.Deliveries.Select(d => d.Id).Order(), again.Select(d => d.Id).Order());
        Assert.All(again, d => Assert.Equal(1, d.Attempt));
    }

    [Fact]
    public async Task Settle_WithDelay_WaitsThatLong()
    {
        var (queue, task, _) = Start();
        await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token);
        var deliveries = (await FetchAsync(queue)).Deliveries;

        await SettleAsync(
            queue,
            new Settlement(deliveries[0], SettlementKind.Retry, Sec(2)),
            new Settlement(deliveries[1], SettlementKind.Release, Sec(6)));

        await CountsAsync(queue, delayed: 2);
        await AdvanceAsync(Sec(2) + Fixture.Tolerance);
        var retried = Assert.Single((await FetchAsync(queue)).Deliveries);
        Assert.Equal((deliveries[0].Id, 2, 0), (retried.Id, retried.Attempt, retried.Crashes));
        await AdvanceAsync(Sec(4));
        Assert.Equal(deliveries[1].Id, Assert.Single((await FetchAsync(queue)).Deliveries).Id);
    }

    [Fact]
    public async Task Exchange_AllKindsAndAFetchAtOnce_DoesEach()
    {
        // D16: a settlement is one step, so nothing is half done.
        var (queue, task, _) = Start();
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        var held = (await FetchAsync(queue, max: 4)).Deliveries;
        var lease = new Lease(Guid.CreateVersion7(), Sec(30));

        var result = await Backend(queue).ExchangeAsync(
            [
                new Settlement(held[0], SettlementKind.Complete),
                new Settlement(held[1], SettlementKind.Retry, Hours(1)),
                new Settlement(held[2], SettlementKind.Dead, Death: new Death("why", "T", "m", 1)),
                new Settlement(held[3], SettlementKind.Release),
            ],
            new FetchRequest(lease, 2, TimeSpan.Zero),
            Token);

        Assert.Empty(result.Lost);
        Assert.Equal(2, result.Deliveries.Count);
        Assert.Equal(result.Deliveries, lease.Deliveries);
        Assert.All(result.Deliveries, d => Assert.Same(lease, d.Lease));
        await CountsAsync(queue, ready: 1, delayed: 1, inFlight: 2, dead: 1);
        var dead = await Backend(queue).GetDeadAsync(held[2].Id, Token);
        Assert.Equal(new Death("why", "T", "m", 1), dead!.Death);
    }

    [Fact]
    public async Task Exchange_SameLeaseAgain_ReturnsTheSameMessages()
    {
        // R14: the reply of a fetch was lost; asking again must not strand what it reserved.
        var (queue, task, _) = Start();
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        var id = Guid.CreateVersion7();
        var first = await ExchangeAsync(queue, new FetchRequest(new Lease(id, Sec(30)), 3, TimeSpan.Zero));

        var second = await ExchangeAsync(queue, new FetchRequest(new Lease(id, Sec(30)), 3, TimeSpan.Zero));

        Assert.Equal(first.Deliveries.Select(d => d.Id), second.Deliveries.Select(d => d.Id));
        Assert.All(second.Deliveries, d => Assert.Equal((1, 0), (d.Attempt, d.Crashes)));
        await CountsAsync(queue, ready: 3, inFlight: 3);
    }

    [Fact]
    public async Task Exchange_ManyAtOnce_NoMessageIsDeliveredTwice()
    {
        var (queue, task, _) = Start();
        for (var n = 0; n < 1000; n += 500)
        {
            await queue.AddRangeAsync(Enumerable.Range(n, 500).Select(i => task.WithArgs(i)), Token);
        }

        var fetched = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            async () =>
            {
                var mine = new List<Guid>();
                while ((await FetchAsync(queue, max: 10)).Deliveries is { Count: > 0 } deliveries)
                {
                    mine.AddRange(deliveries.Select(d => d.Id));
                    await SettleAsync(queue, [.. deliveries.Select(d => new Settlement(d, SettlementKind.Complete))]);
                }

                return mine;
            },
            Token)));

        Assert.Equal(1000, fetched.Sum(mine => mine.Count));
        Assert.Equal(1000, fetched.SelectMany(mine => mine).Distinct().Count());
        await CountsAsync(queue);
    }

    [Fact]
    public async Task Exchange_ManyLeasesRanOut_EachMessageComesBackOnce()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        // R32: two that look for lost leases at once must not bring a message back twice.
        var (queue, task, _) = Start();
        await queue.AddRangeAsync(Enumerable.Range(0, 400).Select(n => task.WithArgs(n)), Token);
        // Long enough for all of them: what runs out while others are fetched would come twice.
        while ((await FetchAsync(queue, max: 10, duration: Sec(3))).Deliveries.Count > 0)
        {
        }

        await AdvanceAsync(Sec(3) + Fixture.Tolerance);

        var fetched = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                var mine = new List<Delivery>();
                while ((await FetchAsync(queue, max: 10)).Deliveries is { Count: > 0 } deliveries)
                {
                    mine.AddRange(deliveries);
                }

                return mine;
            },
            Token)));
        var all = fetched.SelectMany(mine => mine).ToArray();
        Assert.Equal(400, all.Length);
        Assert.Equal(400, all.Select(d => d.Id).Distinct().Count());
        Assert.All(all, d => Assert.Equal((2, 1), (d.Attempt, d.Crashes)));
    }

    [Fact]
    public async Task Exchange_WaitCancelled_ReturnsNothingAndThrowsNothing()
    {
        // D33: a long poll ends at once.
        var (queue, _, _) = Start();
        using var cancel = new CancellationTokenSource();
        var waiting = Backend(queue).ExchangeAsync([], new FetchRequest(new Lease(Guid.CreateVersion7(), Sec(30)), 1, Hours(1)), cancel.Token).AsTask();
        await SettleAsync();
        Assert.False(waiting.IsCompleted);

        await cancel.CancelAsync();

        Assert.Empty((await AtOnceAsync(waiting, "the wait ends")).Deliveries);
    }

    [Fact]
    public async Task Exchange_WaitAndAdd_WakesUp()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.WakesUp, "The store does not wake a waiting fetch.");
        var waiting = ExchangeAsync(queue, new FetchRequest(new Lease(Guid.CreateVersion7(), Sec(30)), 1, Hours(1)));
        await SettleAsync();

        await queue.AddAsync(task.WithArgs(1), Token);

        Assert.Single((await AtOnceAsync(waiting, "the fetch is woken")).Deliveries);
    }

    [Fact]
    public async Task Exchange_WaitIsOver_ReturnsNothing()
    {
        var (queue, _, _) = Start();
        var waiting = ExchangeAsync(queue, new FetchRequest(new Lease(Guid.CreateVersion7(), Sec(30)), 1, Sec(2)));

        await AdvanceUntilAsync(waiting, Sec(3), "the wait is over");

        Assert.Empty((await waiting).Deliveries);
    }

    [Fact]
    public async Task Suspect_TwoLeasesLost_IsLeftForAFetchOfItsOwn()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        var (queue, task, _) = Start();
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await LoseLeasesAsync(queue, times: 2);
        var fresh = (await queue.AddAsync(task.WithArgs(9), Token)).Id;

        var normal = await ExchangeAsync(queue, new FetchRequest(new Lease(Guid.CreateVersion7(), Sec(30)), 10, TimeSpan.Zero));
        var suspect = await ExchangeAsync(queue, new FetchRequest(new Lease(Guid.CreateVersion7(), Sec(30)), 10, TimeSpan.Zero, Suspect: true));

        Assert.Equal(fresh, Assert.Single(normal.Deliveries).Id);
        Assert.True(normal.SuspectsWaiting);
        Assert.Equal((3, 2), (Assert.Single(suspect.Deliveries).Attempt, suspect.Deliveries[0].Crashes));
        await CountsAsync(queue, ready: 2, inFlight: 2);
    }

    [Fact]
    public async Task Consumer_HandlerLongerThanTheLease_RunsOnce()
    {
        // D6, T3, R6: the original ran such a message 24 times.
        var queue = Queue(options => options.LeaseDuration = Sec(2));
        Require(Backend(queue).Capabilities.RenewsLeases, "The store can't renew leases.");
        var other = OtherProcess(queue);
        var runs = NewRecorder();
        var gate = NewGate();
        Func<int, TaskContext, Task> handler = async (n, c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync(c.CancellationToken);
        };
        var task = queue.RegisterTask("t", handler);
        other.RegisterTask("t", handler);
        await queue.StartAsync(Token);
        await other.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(3);

        await AdvanceAsync(Sec(10), Ms(200));
        gate.Open();

        await EmptyAsync(queue);
        Assert.All(runs.RunsById(), run => Assert.Equal(1, run.Value));
        Assert.Equal(3, queue.Consumer.Stats.Processed + other.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task Consumer_BacklogOlderThanTheLease_RunsOnceEach()
    {
        // D5, T2, R30: the original took back what had waited longer than a lease, the moment it was reserved.
        var queue = Queue(options => options.LeaseDuration = Sec(1));
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await Task.Delay(Ms(100), Clock, c.CancellationToken);
        });
        await queue.AddRangeAsync(Enumerable.Range(0, 60).Select(n => task.WithArgs(n)), Token);
        await AdvanceAsync(Sec(5), Sec(5));

        await queue.StartAsync(Token);

        await AdvanceUntilAsync(async () => await queue.CountAsync(Token) is { Ready: 0, InFlight: 0 }, Sec(5), "all messages run", Ms(50));
        Assert.Equal(60, runs.Count);
        Assert.All(runs.Runs, run => Assert.Equal(1, run.Attempt));
    }

    [Fact]
    public async Task Consumer_FullBufferBehindASlowHandler_RunsEachOnce()
    {
        // D7, T10: a full buffer made the original release what it had handed out already.
        var queue = Queue(options =>
        {
            options.LeaseDuration = Sec(1);
            options.MinWorkers = options.MaxWorkers = 1;
            options.FetchBatchSize = 10;
            options.BufferSize = 5;
        });
        Require(Backend(queue).Capabilities.RenewsLeases, "The store can't renew leases.");
        var runs = NewRecorder();
        var gate = NewGate();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync(c.CancellationToken);
        });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 30).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(1);
        await AdvanceAsync(Sec(8), Ms(100));

        gate.Open();

        await runs.WaitAsync(30);
        await EmptyAsync(queue);
        Assert.Equal(30, runs.Count);
        Assert.All(runs.Runs, run => Assert.Equal(1, run.Attempt));
    }

    [Fact]
    public async Task Consumer_ProcessDies_AnotherRunsItsMessages()
    {
        // R1, T7, D2, R29: nothing is lost with a process, however long nobody looks.
        var (queue, _, _) = Start(options => options.LeaseDuration = Sec(2));
        var runs = NewRecorder();
        var dying = OtherProcess(queue, out var store);
        var gate = NewGate();
        var task = dying.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync();
        });
        var healthy = OtherProcess(queue);
        var done = NewRecorder();
        healthy.RegisterTask("t", (int n, TaskContext c) => done.Add(c, n));
        await dying.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await dying.StartAsync(Token);
        await runs.WaitAsync(4);
        store.Kill();

        await healthy.StartAsync(Token);
        await AdvanceUntilAsync(() => done.Count == 20, Sec(8), "the other process runs all", Ms(200));

        await EmptyAsync(queue);
        gate.Open();
        await SettleAsync();
        await CountsAsync(queue);
        Assert.Equal(Enumerable.Range(0, 20), done.Runs.Select(run => (int)run.Value!).Order());
        Assert.All(done.Runs, run => Assert.InRange(run.Attempt, 1, 2));
    }

    [Fact]
    public async Task Consumer_SettlementFailsForAWhile_IsRepeatedAndTheMessageRunsOnce()
    {
        // Sidekiq 4495: an ack that fails is kept and tried again while the lease is kept.
        var (queue, _, _) = Start();
        var process = OtherProcess(queue, out var store);
        var runs = NewRecorder();
        var gate = NewGate();
        var task = process.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync();
        });
        await process.StartAsync(Token);
        await process.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);
        var broken = true;
        store.FailExchange = () => broken ? new IOException("refused") : null;
        gate.Open();
        await AdvanceAsync(Sec(5), Ms(250));

        broken = false;

        await AdvanceUntilAsync(async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, Sec(60), "it is settled", Sec(1));
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task Consumer_RepliesOfFetchesLost_EachMessageRuns()
    {
        // R14.
        var (queue, _, _) = Start(options => options.LeaseDuration = Sec(5));
        var process = OtherProcess(queue, out var store);
        var runs = NewRecorder();
        var task = process.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var fetches = 0;
        store.LoseExchangeReply = result =>
            result.Deliveries.Count > 0 && Interlocked.Increment(ref fetches) % 3 == 1 ? new IOException("reply lost") : null;
        await process.AddRangeAsync(Enumerable.Range(0, 50).Select(n => task.WithArgs(n)), Token);

        await process.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.RunsById().Count == 50, Min(1), "all messages run", Ms(250));
        await AdvanceUntilAsync(async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, Min(1), "all are settled", Sec(1));
    }

    [Fact]
    public async Task Consumer_StoreFailsForAWhile_GoesOnAfterwards()
    {
        // D36, D40: no recursion, no hang, and nothing is lost while the store is away.
        var (queue, _, _) = Start();
        var process = OtherProcess(queue, out var store);
        var runs = NewRecorder();
        var task = process.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var broken = true;
        var calls = 0;
        store.FailExchange = () => broken && Interlocked.Increment(ref calls) > 0 ? new IOException("down") : null;
        store.FailBeat = () => broken ? new IOException("down") : null;
        await process.StartAsync(Token);
        await process.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        await AdvanceAsync(Sec(30), Ms(500));
        Assert.InRange(calls, 1, 1000);

        broken = false;

        await AdvanceUntilAsync(() => runs.Count == 10, Min(1), "all messages run", Ms(500));
        await EmptyAsync(queue);
    }

    [Fact]
    public async Task Consumer_MessagePurgedWhileItRuns_CancelsItsToken()
    {
        Require(Fixture.PurgesAtOnce, "A purge takes the store a while.");
        var queue = Queue(options => options.LeaseDuration = Sec(3));
        Require(Backend(queue).Capabilities.RenewsLeases, "The store can't renew leases.");
        var runs = NewRecorder();
        var cancelled = NewRecorder();
        var task = queue.RegisterTask("t", async (TaskContext c, CancellationToken token) =>
        {
            runs.Add(c);
            await using var registration = token.Register(() => cancelled.Add());
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, token);
        });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(), Token);
        await runs.WaitAsync(1);

        await queue.PurgeAsync(Token);

        await AdvanceUntilAsync(() => cancelled.Count == 1, Sec(4), "the handler learns of it", Ms(100));
        await EventuallyAsync(() => queue.Consumer.Stats.InFlight == 0, "the handler has ended");
        await CountsAsync(queue);
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task Crash_GuiltyAmongNeighbours_DiesAloneAfterExactlyItsLimit()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        // D11, T8, R8: the retry budget holds for what kills its process too; neighbours get through.
        var (queue, task, _) = Start(options => options.LeaseDuration = Sec(2));
        const int Guilty = 13;
        var ids = (await queue.AddRangeAsync(Enumerable.Range(0, 25).Select(n => task.WithArgs(n)), Token)).Select(r => r.Id).ToArray();
        var guiltyRuns = 0;

        // Processes that run what they hold in parallel and die of the guilty one; the last of these finds it alone.
        while (guiltyRuns < 3)
        {
            var lease = new Lease(Guid.CreateVersion7(), Sec(2));
            var result = await ExchangeAsync(queue, new FetchRequest(lease, 10, TimeSpan.Zero));
            if (result.Deliveries.Count == 0 && result.SuspectsWaiting)
            {
                lease = new Lease(Guid.CreateVersion7(), Sec(2));
                result = await ExchangeAsync(queue, new FetchRequest(lease, 1, TimeSpan.Zero, Suspect: true));
            }

            if (result.Deliveries.Any(d => d.Id == ids[Guilty]))
            {
                guiltyRuns++;
                await AdvanceAsync(Sec(2) + Fixture.Tolerance);
            }
            else
            {
                await SettleAsync(queue, [.. result.Deliveries.Select(d => new Settlement(d, SettlementKind.Complete))]);
            }
        }

        var healthy = OtherProcess(queue);
        var runs = NewRecorder();
        healthy.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await healthy.StartAsync(Token);

        await AdvanceUntilAsync(
            async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0, Dead: 1 },
            Sec(60),
            "the neighbours finish and the guilty one is dead",
            Ms(500));
        var dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal((ids[Guilty], DeadReason.Crashed), (dead.Message.Id, dead.Reason));
        Assert.Equal(3, dead.Attempts);
        Assert.DoesNotContain(runs.Runs, run => run.Id == ids[Guilty]);
        Assert.All(runs.RunsById(), run => Assert.Equal(1, run.Value));
    }

    [Fact]
    public async Task Crash_Suspects_RunAloneInTheirProcess()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        var queue = Queue();
        var runs = NewRecorder();
        var suspects = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            using (runs.Enter(c, n))
            {
                if (n < 3)
                {
                    suspects.Add(runs.Running);
                }

                await Task.Delay(Ms(100), Clock);
                if (n < 3)
                {
                    suspects.Add(runs.Running);
                }
            }
        });
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await LoseLeasesAsync(queue, times: 2);
        await queue.AddRangeAsync(Enumerable.Range(3, 20).Select(n => task.WithArgs(n)), Token);

        await queue.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count == 23, Sec(60), "all messages run", Ms(50));
        await AdvanceUntilAsync(async () => await queue.CountAsync(Token) is { Ready: 0, InFlight: 0 }, Sec(10), "all are settled");
        Assert.Equal(23, runs.Count);
        Assert.Equal(6, suspects.Count);
        Assert.All(suspects.Runs, run => Assert.Equal(1, run.Value));
    }

    [Fact]
    public async Task Crash_LimitOfOne_DiesAfterOneLostLease()
    {
        Require(Fixture.TellsCrashes, "The store does not tell lost leases from failures.");
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions { Name = "t", CrashLimit = 1, Handler = (TaskContext c) => runs.Add(c) });
        await queue.AddAsync(task.WithArgs(), Token);
        await LoseLeasesAsync(queue, times: 1);

        await queue.StartAsync(Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(DeadReason.Crashed, Assert.Single(await queue.PeekDeadAsync(1, Token)).Reason);
        Assert.Equal(0, runs.Count);
    }

    private async Task LoseLeasesAsync(TaskQueue queue, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var lease = await FetchAsync(queue, duration: Sec(1));
            Assert.NotEmpty(lease.Deliveries);
            await AdvanceAsync(Sec(1) + Fixture.Tolerance);
        }
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs) Start(Action<QueueOptions>? configure = null)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        return (queue, queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n)), runs);
    }
}
