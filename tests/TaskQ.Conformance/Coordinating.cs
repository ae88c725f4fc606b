using System.Globalization;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Conformance;

/// <summary>A bare store and its companion are no transaction: what is left when a step fails, or a process dies between two.</summary>
public abstract class Coordinating(CoordinatedFixture fixture) : ConformanceTest(fixture)
{
    [Theory]
    [InlineData("TakeNames", true)]
    [InlineData("TakeNames", false)]
    [InlineData("Store", true)]
    [InlineData("Store", false)]
    [InlineData("ConfirmNames", true)]
    [InlineData("ConfirmNames", false)]
    public async Task AddAsync_StepFails_IsNeitherLostNorHeldByNobody(string step, bool before)
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        Fail(process, step, before);
        var message = task.WithArgs(1).WithName("n");
        await Assert.ThrowsAsync<IOException>(() => queue.AddAsync(message, Token));

        // Another process: it stores its own, or there is one of that name.
        var adding = otherQueue.AddAsync(otherTask.WithArgs(2).WithName("n"), Token);
        await AdvanceUntilAsync(adding, CoordinatedBackend.NamePatience + Sec(15), "the name is decided", Sec(1));
        Assert.InRange((await queue.CountAsync(Token)).Ready, 1, 2);

        // The same one again: it is added, or somebody else has the name by now.
        process.Store.FailAdd = process.Store.LoseAddReply = null;
        process.Companion.FailBefore = process.Companion.FailAfter = null;
        var again = queue.AddAsync(message, Token);
        await AdvanceUntilAsync(again, CoordinatedBackend.NamePatience + Sec(15), "the name is decided", Sec(1));
        var result = await again;
        Assert.Equal(
            (await adding).IsDuplicate ? new AddResult(message.Id, AddStatus.Added) : new AddResult((await adding).Id, AddStatus.Duplicate),
            result);
    }

    [Fact]
    public async Task AddAsync_ProcessDiesBeforeItIsStored_NameIsFreeSoon()
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        process.Companion.FailAfter = name =>
        {
            process.Kill();
            return name == "TakeNames";
        };
        await Assert.ThrowsAsync<IOException>(() => queue.AddAsync(task.WithArgs(1).WithName("n"), Token));

        var adding = otherQueue.AddAsync(otherTask.WithArgs(2).WithName("n"), Token);
        await AdvanceAsync(CoordinatedBackend.NamePatience - Sec(1), Sec(5));
        Assert.False(adding.IsCompleted);
        await AdvanceUntilAsync(adding, Sec(10), "the name is free", Sec(1));

        Assert.Equal(AddStatus.Added, (await adding).Status);
        await CountsAsync(otherQueue, ready: 1);
    }

    [Fact]
    public async Task AddAsync_WhileAnotherIsBeingStored_WaitsForItsEnd()
    {
        // A duplicate of what is not stored in the end would be lost.
        var (process, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        Task<AddResult>? other = null;
        process.Store.FailAdd = () =>
        {
            other = otherQueue.AddAsync(otherTask.WithArgs(2).WithName("n"), Token);
            return new IOException("refused");
        };

        await Assert.ThrowsAsync<IOException>(() => queue.AddAsync(task.WithArgs(1).WithName("n"), Token));

        Assert.Equal(AddStatus.Added, (await AtOnceAsync(other!, "the other add")).Status);
        await CountsAsync(otherQueue, ready: 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exchange_StartFails_SameLeaseBringsTheSameOnce(bool before)
    {
        var (process, queue, task) = Pair(configure: options => (options.WorkerLimit, options.RateLimit) = (3, RateLimit.PerHour(3)));
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        var lease = new Lease(Guid.CreateVersion7(), Sec(30));
        var fetch = new FetchRequest(lease, 2, TimeSpan.Zero);
        Fail(process, "Start", before);
        await Assert.ThrowsAsync<IOException>(() => ExchangeAsync(queue, fetch));
        process.Companion.FailBefore = process.Companion.FailAfter = null;

        Assert.Equal(2, (await ExchangeAsync(queue, fetch)).Deliveries.Count);

        // Neither slots nor permits are taken twice.
        Assert.Single((await FetchAsync(queue)).Deliveries);
        Assert.Empty((await FetchAsync(queue)).Deliveries);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Settle_EndFails_IsMadeUpForByTheNextCall(bool before)
    {
        var (process, queue, task) = Pair(configure: options => options.WorkerLimit = 1);
        await queue.AddRangeAsync([task.WithArgs(1).Unique(), task.WithArgs(2)], Token);
        var delivery = Assert.Single((await FetchAsync(queue)).Deliveries);
        Fail(process, "End", before);

        Assert.Empty((await SettleAsync(queue, new Settlement(delivery, SettlementKind.Complete))).Lost);
        process.Companion.FailBefore = process.Companion.FailAfter = null;

        Assert.Single((await FetchAsync(queue)).Deliveries);
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Fact]
    public async Task Settle_ProcessDiesBeforeTheEnd_NameAndSlotComeBackWithinTheirBounds()
    {
        var (process, queue, task) = Pair(configure: options => options.WorkerLimit = 1);
        var (_, otherQueue, otherTask) = Pair(queue);
        await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        var delivery = Assert.Single((await FetchAsync(queue, duration: Sec(30))).Deliveries);
        process.Companion.FailBefore = static name => name == "End";
        await SettleAsync(queue, new Settlement(delivery, SettlementKind.Complete));
        process.Kill();
        await otherQueue.AddAsync(otherTask.WithArgs(2), Token);
        Assert.Empty((await FetchAsync(otherQueue)).Deliveries);

        await AdvanceAsync(Sec(31), Sec(31));
        Assert.Single((await FetchAsync(otherQueue, duration: Hours(10))).Deliveries);
        Assert.True((await otherQueue.AddAsync(otherTask.WithArgs(1).Unique(), Token)).IsDuplicate);

        await AdvanceAsync(Hours(1), Hours(1));
        Assert.False((await otherQueue.AddAsync(otherTask.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Fact]
    public async Task Unique_WorkerDies_NameIsTakenUntilItsMessageEnds()
    {
        var (_, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        await FetchAsync(queue, duration: Sec(1));
        await AdvanceAsync(Sec(2), Sec(2));
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
        var again = Assert.Single((await FetchAsync(queue, duration: Hours(100))).Deliveries);

        // It was started again: the name does not end an hour after the crash.
        await AdvanceAsync(Hours(50), Hours(50));
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        await SettleAsync(queue, new Settlement(again, SettlementKind.Complete));
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Theory]
    [InlineData("AddDead", true)]
    [InlineData("AddDead", false)]
    [InlineData("Store", true)]
    [InlineData("Store", false)]
    [InlineData("End", true)]
    [InlineData("End", false)]
    public async Task Settle_DeadAndAStepFails_IsDeadInTheEnd(string step, bool before)
    {
        var (process, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1), Token);
        var delivery = Assert.Single((await FetchAsync(queue)).Deliveries);
        var dead = new Settlement(delivery, SettlementKind.Dead, default, new Death("why", "type", "message", 1));
        Fail(process, step, before);
        var settling = SettleAsync(queue, dead);
        if (step == "End")
        {
            await settling;
        }
        else
        {
            await Assert.ThrowsAsync<IOException>(() => settling);
        }

        process.Store.FailExchange = null;
        process.Store.LoseExchangeReply = null;
        process.Companion.FailBefore = process.Companion.FailAfter = null;
        await SettleAsync(queue, dead);

        await CountsAsync(queue, dead: 1);
        var letter = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal(("why", "type", "message"), (letter.Reason, letter.ErrorType, letter.ErrorMessage));
        Assert.Equal(MessageState.Dead, (await Backend(queue).GetAsync(letter.Message.Id, Token))!.State);
        var young = new MessageFilter { State = MessageState.Dead, TaskName = "t" };
        Assert.Single(await Backend(queue).ListAsync(young, 10, Token));
        Assert.Empty(await Backend(queue).ListAsync(young with { TaskName = "u" }, 10, Token));
        Assert.False(await Backend(queue).CancelAsync(letter.Message.Id, Token));
        await SettleAsync(queue, dead);
        await CountsAsync(queue, dead: 1);
    }

    [Fact]
    public async Task Settle_DeadByAWorkerThatLostIt_LeavesNoDeadLetter()
    {
        var (_, queue, task) = Pair();
        var (_, otherQueue, _) = Pair(queue);
        await queue.AddAsync(task.WithArgs(1), Token);
        var stale = Assert.Single((await FetchAsync(queue, duration: Sec(1))).Deliveries);
        await AdvanceAsync(Sec(2), Sec(2));
        var held = Assert.Single((await FetchAsync(otherQueue)).Deliveries);

        var result = await SettleAsync(queue, new Settlement(stale, SettlementKind.Dead, default, new Death("stale", null, null, 1)));

        Assert.Same(stale, Assert.Single(result.Lost));
        await CountsAsync(queue, inFlight: 1);
        await SettleAsync(otherQueue, new Settlement(held, SettlementKind.Dead, default, new Death("why", null, null, 2)));
        await SettleAsync(queue, new Settlement(stale, SettlementKind.Dead, default, new Death("stale", null, null, 1)));
        Assert.Equal("why", Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
    }

    [Fact]
    public async Task Settle_DeadAndOnlyTheCompanionsLeaseRanOut_TheMessageComesAgain()
    {
        // Removed without a dead letter it would be lost.
        var (process, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1), Token);
        var lease = await FetchAsync(queue, duration: Sec(10));
        process.Companion.FailBefore = static name => name == "Beat";
        await AdvanceAsync(Sec(6), Sec(6));
        await Assert.ThrowsAsync<IOException>(() => Backend(queue).BeatAsync([lease], Token).AsTask());
        await AdvanceAsync(Sec(6), Sec(6));

        var result = await SettleAsync(queue, new Settlement(lease.Deliveries[0], SettlementKind.Dead, default, new Death("why", null, null, 1)));

        Assert.Single(result.Lost);
        await CountsAsync(queue, inFlight: 1);
        await AdvanceAsync(Sec(10), Sec(10));
        Assert.Single((await FetchAsync(queue)).Deliveries);
    }

    [Fact]
    public async Task Settle_DeadLetterOfAMessageThatCameAgain_GoesWhenItIsDone()
    {
        var (process, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1), Token);
        var first = Assert.Single((await FetchAsync(queue, duration: Sec(1))).Deliveries);
        process.Store.FailExchange = static () => new IOException("refused");
        await Assert.ThrowsAsync<IOException>(() =>
            SettleAsync(queue, new Settlement(first, SettlementKind.Dead, default, new Death("why", null, null, 1))));
        process.Store.FailExchange = null;
        await AdvanceAsync(Sec(2), Sec(2));

        var again = Assert.Single((await FetchAsync(queue)).Deliveries);
        await SettleAsync(queue, new Settlement(again, SettlementKind.Complete));

        await CountsAsync(queue);
    }

    [Theory]
    [InlineData("Store", true, 0, 1)]
    [InlineData("Store", false, 1, 1)]
    [InlineData("DeleteDead", true, 1, 1)]
    [InlineData("DeleteDead", false, 1, 0)]
    public async Task RequeueDeadAsync_StepFails_LosesNothing(string step, bool before, int ready, int dead)
    {
        var (process, queue, task) = Pair();
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var delivery = Assert.Single((await FetchAsync(queue)).Deliveries);
        await SettleAsync(queue, new Settlement(delivery, SettlementKind.Dead, default, new Death("why", null, null, 1)));
        Fail(process, step, before);

        await Assert.ThrowsAsync<IOException>(() => queue.RequeueDeadAsync(id, Token));

        await CountsAsync(queue, ready: ready, dead: dead);
    }

    [Fact]
    public async Task RequeueDeadAsync_DiesAgainBeforeTheFirstDeathHasEnded_IsDead()
    {
        // The store takes a while to settle the first one: whoever sees the letter may requeue it before.
        var (process, queue, task) = Pair();
        var (_, otherQueue, _) = Pair(queue);
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var first = Assert.Single((await FetchAsync(queue)).Deliveries);
        process.Companion.Meanwhile = async name =>
        {
            if (name == "End")
            {
                process.Companion.Meanwhile = null;
                Assert.True(await otherQueue.RequeueDeadAsync(id, Token));
                await DieAsync(otherQueue, "second");
            }
        };

        await SettleAsync(queue, new Settlement(first, SettlementKind.Dead, default, new Death("first", null, null, 1)));

        await CountsAsync(queue, dead: 1);
        Assert.Equal("second", Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequeueDeadAsync_DiesAgainBeforeItsLetterIsDeleted_IsDead(bool all)
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, _) = Pair(queue);
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        await DieAsync(queue, "first");
        process.Companion.Meanwhile = async name =>
        {
            if (name == "DeleteDead")
            {
                process.Companion.Meanwhile = null;
                await DieAsync(otherQueue, "second");
            }
        };

        Assert.True(all ? await queue.RequeueDeadAsync(1, Token) == 1 : await queue.RequeueDeadAsync(id, Token));

        await CountsAsync(queue, dead: 1);
        Assert.Equal("second", Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
        Assert.True(await queue.RequeueDeadAsync(id, Token));
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task CancelAsync_Waiting_IsDroppedWhenItIsFetchedAndItsNameIsFreeAtOnce()
    {
        var (_, queue, task) = Pair(configure: options => options.WorkerLimit = 1);
        var results = await queue.AddRangeAsync([task.WithArgs(1).Unique(), task.WithArgs(2)], Token);

        Assert.True(await Backend(queue).CancelAsync(results[0].Id, Token));
        Assert.False(await Backend(queue).CancelAsync(results[0].Id, Token));

        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        // It takes no slot: the first fetch, for one, finds it, the next one the message behind it.
        Assert.Empty((await FetchAsync(queue, max: 1)).Deliveries);
        Assert.Equal(results[1].Id, Assert.Single((await FetchAsync(queue, max: 1)).Deliveries).Id);
        await CountsAsync(queue, ready: 1, inFlight: 1);
    }

    [Fact]
    public async Task BeatAsync_CompanionFails_TheStoreStillExtends()
    {
        var (process, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1), Token);
        var lease = await FetchAsync(queue, duration: Sec(10));
        process.Companion.FailBefore = static name => name == "Beat";
        await AdvanceAsync(Sec(6), Sec(6));

        await Assert.ThrowsAsync<IOException>(() => Backend(queue).BeatAsync([lease], Token).AsTask());

        await AdvanceAsync(Sec(6), Sec(6));
        Assert.Empty((await SettleAsync(queue, new Settlement(lease.Deliveries[0], SettlementKind.Complete))).Lost);
    }

    [Fact]
    public async Task ReplacePending_NotStarted_TakesOverArgumentsAndDueTimeAndTheOldOneNeverRuns()
    {
        var (_, queue, _) = Pair();
        var runs = NewRecorder();
        var task = queue.RegisterTask("r", (int n, TaskContext c) => runs.Add(c, n));
        await queue.StartAsync(Token);
        var added = Now;
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Sec(9)), Token);

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await ReplaceAsync(2, Sec(5)));
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await ReplaceAsync(3, Sec(2)));

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "the last one runs");
        AssertBetween(runs.Runs[0].At - added, Sec(2), Sec(2), Ms(300));
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await ReplaceAsync(4, Sec(1)));
        await AdvanceAsync(Sec(10), Sec(1));
        await EmptyAsync(queue);
        Assert.Equal((3, first.Id), (Assert.Single(runs.Runs).Value, runs.Runs[0].Id));

        Task<AddResult> ReplaceAsync(int n, TimeSpan delay) =>
            queue.AddAsync(task.WithArgs(n).WithName("n", DedupeMode.ReplacePending).WithDelay(delay), Token);
    }

    [Fact]
    public async Task ReplacePending_StartedOrEndedOrCancelled_ChangesNothing()
    {
        var (_, queue, task) = Pair();
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        var lease = await FetchAsync(queue);
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await queue.AddAsync(Replacement(task, 2), Token));
        await SettleAsync(queue, new Settlement(lease.Deliveries[0], SettlementKind.Retry));
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await queue.AddAsync(Replacement(task, 3), Token));
        var again = Assert.Single((await FetchAsync(queue)).Deliveries);
        await SettleAsync(queue, new Settlement(again, SettlementKind.Complete));
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await queue.AddAsync(Replacement(task, 4), Token));

        var other = await queue.AddAsync(task.WithArgs(1).WithName("m"), Token);
        Assert.True(await queue.CancelAsync(other.Id, Token));
        Assert.Equal(new AddResult(other.Id, AddStatus.Duplicate), await queue.AddAsync(Replacement(task, 5, "m"), Token));
        Assert.Empty((await FetchAsync(queue)).Deliveries);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task ReplacePending_NameIsFree_IsAdded()
    {
        var (_, queue, task) = Pair();

        Assert.False((await queue.AddAsync(Replacement(task, 1), Token)).IsDuplicate);

        Assert.Single((await FetchAsync(queue)).Deliveries);
    }

    [Theory]
    [InlineData("BeginReplace", true, 1)]
    [InlineData("BeginReplace", false, 1)]
    [InlineData("Store", true, 1)]
    [InlineData("Store", false, 1)]
    [InlineData("ConfirmReplace", true, null)]
    [InlineData("ConfirmReplace", false, 2)]
    public async Task ReplacePending_StepFails_OneOfTheTwoRunsAndTheNameStays(string step, bool before, int? survivor)
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        Fail(process, step, before);

        await Assert.ThrowsAsync<IOException>(() => queue.AddAsync(Replacement(task, 2), Token));

        // Which one counts is decided by the first fetch, and the other is dropped; what the process had not confirmed is open until then.
        var delivery = Assert.Single(await FetchAllAsync(otherQueue));
        Assert.Equal(first.Id, delivery.Id);
        if (survivor is { } known)
        {
            Assert.Equal(known, ArgumentOf(otherQueue, delivery));
        }

        await CountsAsync(otherQueue, inFlight: 1);
        Assert.True((await otherQueue.AddAsync(otherTask.WithArgs(3).WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task ReplacePending_ProcessDiesBeforeItIsStored_TheNextOneReplacesSoonAndTheFirstIsNotLost()
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Hours(1)), Token);
        process.Companion.FailAfter = name =>
        {
            if (name == "BeginReplace")
            {
                process.Kill();
            }

            return name == "BeginReplace";
        };
        await Assert.ThrowsAsync<IOException>(() => queue.AddAsync(Replacement(task, 2), Token));

        var adding = otherQueue.AddAsync(Replacement(otherTask, 3), Token);
        await AdvanceUntilAsync(adding, CoordinatedBackend.NamePatience + Sec(10), "it replaces", Sec(1));

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await adding);
        Assert.Equal(3, ArgumentOf(otherQueue, Assert.Single((await FetchAsync(otherQueue)).Deliveries)));
        await AdvanceAsync(Hours(1), Hours(1));
        Assert.Equal(3, ArgumentOf(otherQueue, Assert.Single(await FetchAllAsync(otherQueue))));
    }

    [Fact]
    public async Task ReplacePending_StoredTooLate_IsBegunAgain()
    {
        // What was stored within a call of the companion that ran out may be dropped by a worker: it is stored once more.
        var (process, queue, task) = Pair();
        await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Hours(1)), Token);
        var slow = true;
        process.Store.BeforeAdd = async () =>
        {
            if (slow)
            {
                slow = false;
                await AdvanceAsync(CoordinatedBackend.NamePatience + Sec(1), Min(1));
            }
        };

        Assert.True((await queue.AddAsync(Replacement(task, 2), Token)).IsDuplicate);

        var deliveries = (await FetchAsync(queue)).Deliveries;
        Assert.All(deliveries, delivery => Assert.Equal(2, ArgumentOf(queue, delivery)));
        Assert.NotEmpty(deliveries);
    }

    [Fact]
    public async Task ReplacePending_DiedAndRequeued_RunsTheReplacementOnce()
    {
        var (_, queue, task) = Pair();
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Hours(1)), Token);
        await queue.AddAsync(Replacement(task, 2), Token);
        var delivery = Assert.Single((await FetchAsync(queue)).Deliveries);
        await SettleAsync(queue, new Settlement(delivery, SettlementKind.Dead, default, new Death("why", null, null, 1)));
        Assert.Equal(first.Id, Assert.Single(await queue.PeekDeadAsync(10, Token)).Message.Id);

        Assert.Equal(1, await queue.RequeueDeadAsync(10, Token));

        var again = Assert.Single((await FetchAsync(queue)).Deliveries);
        Assert.Equal((first.Id, 2), (again.Id, ArgumentOf(queue, again)));
        await SettleAsync(queue, new Settlement(again, SettlementKind.Complete));
        await AdvanceAsync(Hours(1), Hours(1));
        Assert.Empty((await FetchAsync(queue)).Deliveries);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task ReplacePending_CancelledByTheFirstId_NeitherRuns()
    {
        var (_, queue, task) = Pair();
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        await queue.AddAsync(Replacement(task, 2), Token);

        Assert.True(await queue.CancelAsync(first.Id, Token));

        Assert.Empty((await FetchAsync(queue)).Deliveries);
        Assert.Empty((await FetchAsync(queue)).Deliveries);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task ReplacePending_ManyAtOnce_OneOfThemRuns()
    {
        var (_, queue, task) = Pair();
        var (_, otherQueue, otherTask) = Pair(queue);
        var first = await queue.AddAsync(task.WithArgs(0).WithName("n").WithDelay(Hours(1)), Token);

        var adding = Task.WhenAll(Enumerable.Range(1, 20).Select(n =>
            n % 2 == 0 ? queue.AddAsync(Replacement(task, n), Token) : otherQueue.AddAsync(Replacement(otherTask, n), Token)));
        await AtOnceAsync(adding, "all are added");

        Assert.All(await adding, result => Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), result));
        Assert.Single((await FetchAsync(queue, max: 100)).Deliveries);
        await CountsAsync(queue, delayed: 1, inFlight: 1);
    }

    [Fact]
    public async Task Unique_EndedBeforeItsNameWasConfirmed_TheNameIsFree()
    {
        var (process, queue, task) = Pair();
        var (_, otherQueue, _) = Pair(queue);
        process.Store.AfterAdd = async () =>
        {
            var delivery = (await FetchAsync(otherQueue)).Deliveries.Single();
            await SettleAsync(otherQueue, new Settlement(delivery, SettlementKind.Complete));
        };
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
        process.Store.AfterAdd = null;

        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    private static TaskMessage Replacement(TaskDefinition task, int n, string name = "n") =>
        task.WithArgs(n).WithName(name, DedupeMode.ReplacePending);

    /// <summary>What may start. A fetch may bring nothing but what was replaced.</summary>
    private async Task<List<Delivery>> FetchAllAsync(TaskQueue queue)
    {
        var started = new List<Delivery>();
        for (var empty = 0; empty < 3;)
        {
            var deliveries = (await FetchAsync(queue)).Deliveries;
            started.AddRange(deliveries);
            empty = deliveries.Count == 0 ? empty + 1 : 0;
        }

        return started;
    }

    private async Task DieAsync(TaskQueue queue, string reason)
    {
        var delivery = Assert.Single((await FetchAsync(queue)).Deliveries);
        await SettleAsync(queue, new Settlement(delivery, SettlementKind.Dead, default, new Death(reason, null, null, 1)));
    }

    private static int ArgumentOf(TaskQueue queue, Delivery delivery) =>
        Convert.ToInt32((delivery.Body.Message ?? queue.Codec.Decode(delivery.Body.Frame)).Arguments[0], CultureInfo.InvariantCulture);

    private static void Fail(FaultyPairFactory process, string step, bool before)
    {
        if (step != "Store")
        {
            process.Companion.FailBefore = before ? name => name == step : null;
            process.Companion.FailAfter = before ? null : name => name == step;
            return;
        }

        var error = new IOException("store");
        process.Store.FailAdd = before ? () => error : null;
        process.Store.LoseAddReply = before ? null : () => error;
        process.Store.FailExchange = before ? () => error : null;
        process.Store.LoseExchangeReply = before ? null : _ => error;
    }

    /// <summary>A process of its own, over a queue of its own or the same as another's.</summary>
    private (FaultyPairFactory Process, TaskQueue Queue, TaskDefinition Task) Pair(
        TaskQueue? same = null,
        Action<QueueOptions>? configure = null)
    {
        var process = Keep(fixture.CreatePair());
        var queue = same is null ? Queue(configure, process) : process.RegisterQueue(same.Options.Copy());
        return (process, queue, queue.RegisterTask("t", (int _) => { }));
    }
}
