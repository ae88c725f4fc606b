namespace TaskQ.Conformance;

/// <summary>What an operator sees and does. D50: the same numbers mean the same in every backend.</summary>
public abstract class Operating(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task CountAsync_EachState_IsExact()
    {
        var (queue, task, runs, gate) = StartHeld(options =>
        {
            options.MinWorkers = options.MaxWorkers = 2;
            options.FetchBatchSize = 3;
            options.BufferSize = 3;
        });
        Require(Backend(queue).Capabilities.ExactCounts, "The store's counts are not exact.");
        await CountsAsync(queue);
        var dying = queue.RegisterTask("dying", void () => throw new SkipRetryException("no"));
        await queue.StartAsync(Token);
        await queue.AddAsync(dying.WithArgs(), Token);
        await CountsAsync(queue, dead: 1);
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 7).Select(n => task.WithArgs(n).WithDelay(Hours(1))), Token);
        await runs.WaitAsync(2);
        await SettleAsync();

        // Buffered ones are in flight; how many there are is the consumer's choice, within its bounds.
        var counts = await queue.CountAsync(Token);
        Assert.Equal((7, 1, 20), (counts.Delayed, counts.Dead, counts.Ready + counts.InFlight));
        Assert.InRange(counts.InFlight, 2, 2 + 3 + 3);

        gate.Open();
        await CountsAsync(queue, delayed: 7, dead: 1);
    }

    [Fact]
    public async Task GetAsync_ThroughItsLife_ShowsItsState()
    {
        var (queue, task, runs, gate) = StartHeld();
        Require(Backend(queue).Capabilities.Lookup, "The store can't find single messages.");
        var due = Now + Sec(2);
        var id = (await queue.AddAsync(task.WithArgs(1).WithDelay(Sec(2)), Token)).Id;
        var delayed = await queue.GetAsync(id, Token);
        Assert.Equal((MessageState.Delayed, id, "t"), (delayed!.State, delayed.Message.Id, delayed.Message.TaskName));
        Assert.InRange(delayed.DueAt, due - Fixture.Tolerance, due + Fixture.Tolerance);

        await AdvanceAsync(Sec(2) + Fixture.Tolerance);
        Assert.Equal(MessageState.Ready, (await queue.GetAsync(id, Token))!.State);

        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
        var running = await queue.GetAsync(id, Token);
        Assert.Equal((MessageState.InFlight, 1), (running!.State, running.Message.Attempt));

        gate.Open();
        await EmptyAsync(queue);
        Assert.Null(await queue.GetAsync(id, Token));
        Assert.Null(await queue.GetAsync(Guid.NewGuid(), Token));
    }

    [Fact]
    public async Task ListAsync_ByStateTaskAgeAndMax_ShowsThose()
    {
        var queue = Queue();
        Require(Backend(queue).Capabilities.Lookup, "The store can't list messages.");
        var a = queue.RegisterTask("a", (int _) => { });
        var b = queue.RegisterTask("b", void (int _) => throw new SkipRetryException("no"));
        await queue.StartAsync(Token);
        var dead = (await queue.AddAsync(b.WithArgs(0), Token)).Id;
        await CountsAsync(queue, dead: 1);
        await StopAsync(queue);
        var old = await queue.AddRangeAsync([a.WithArgs(1), b.WithArgs(2), a.WithArgs(3).WithDelay(Hours(1))], Token);
        await AdvanceAsync(Sec(5));
        var young = await queue.AddRangeAsync([a.WithArgs(4), b.WithArgs(5).WithDelay(Hours(1))], Token);

        Assert.Equal(Ids([old[0], old[1], young[0]]), await IdsAsync(new MessageFilter { State = MessageState.Ready }));
        Assert.Equal(Ids([old[2], young[1]]), await IdsAsync(new MessageFilter { State = MessageState.Delayed }));
        Assert.Equal([dead], await IdsAsync(new MessageFilter { State = MessageState.Dead }));
        Assert.Empty(await IdsAsync(new MessageFilter { State = MessageState.InFlight }));
        Assert.Equal(Ids([old[0], old[2], young[0]]), await IdsAsync(new MessageFilter { TaskName = "a" }));
        Assert.Equal(Ids([old[0]]), (await IdsAsync(new MessageFilter { TaskName = "a", State = MessageState.Ready, MinAge = Sec(4) })));
        Assert.Equal(
            Ids([.. old]).Append(dead).Order(),
            await IdsAsync(new MessageFilter { MinAge = Sec(4) }));
        Assert.Equal(6, (await IdsAsync(new MessageFilter())).Length);
        Assert.Equal(2, (await IdsAsync(new MessageFilter(), 2)).Length);
        Assert.Equal(
            [old[0].Id, old[1].Id],
            (await queue.ListAsync(new MessageFilter { State = MessageState.Ready }, 2, Token)).Select(m => m.Message.Id));
        Assert.Empty(await IdsAsync(new MessageFilter { TaskName = "c" }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.ListAsync(new MessageFilter(), 0, Token));

        static IEnumerable<Guid> Ids(IReadOnlyList<AddResult> results) => results.Select(result => result.Id).Order();

        async Task<Guid[]> IdsAsync(MessageFilter filter, int max = 100) =>
            [.. (await queue.ListAsync(filter, max, Token)).Select(m => m.Message.Id).Order()];
    }

    [Fact]
    public async Task CancelAsync_ReadyOrDelayed_RemovesIt()
    {
        var (queue, task, runs, _) = StartHeld();
        Require(Backend(queue).Capabilities.Lookup, "The store can't cancel.");
        var ready = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var delayed = (await queue.AddAsync(task.WithArgs(2).WithDelay(Sec(2)), Token)).Id;
        var kept = (await queue.AddAsync(task.WithArgs(3), Token)).Id;

        Assert.True(await queue.CancelAsync(ready, Token));
        Assert.True(await queue.CancelAsync(delayed, Token));
        Assert.False(await queue.CancelAsync(ready, Token));
        Assert.False(await queue.CancelAsync(Guid.NewGuid(), Token));

        await CountsAsync(queue, ready: 1);
        Assert.Null(await queue.GetAsync(delayed, Token));
        await queue.StartAsync(Token);
        await AdvanceAsync(Sec(3));
        Assert.Equal(kept, Assert.Single(runs.Runs).Id);
    }

    [Fact]
    public async Task CancelAsync_Running_CancelsItsTokenAtTheNextBeatAndIsNotRetried()
    {
        var queue = Queue(options => options.LeaseDuration = Sec(3));
        Require(Backend(queue).Capabilities.Cancels, "The store can't cancel.");
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (TaskContext c, CancellationToken token) =>
        {
            runs.Add(c);
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, token);
        });
        var other = OtherProcess(queue);
        await queue.StartAsync(Token);
        var id = (await queue.AddAsync(task.WithArgs(), Token)).Id;
        await runs.WaitAsync(1);

        // From any process.
        Assert.True(await other.CancelAsync(id, Token));

        await AdvanceUntilAsync(async () => await queue.CountAsync(Token) == default, Sec(4), "it ends and is not retried", Ms(100));
        await AdvanceAsync(Sec(3), Ms(500));
        await CountsAsync(queue);
        Assert.Equal(1, runs.Count);
        Assert.True(!Backend(queue).Capabilities.Lookup || await queue.GetAsync(id, Token) is null);
    }

    [Fact]
    public async Task CancelAsync_Dead_IsLeftAside()
    {
        var queue = Queue();
        Require(Backend(queue).Capabilities.Cancels, "The store can't cancel.");
        var task = queue.RegisterTask("t", void () => throw new SkipRetryException("no"));
        await queue.StartAsync(Token);
        var id = (await queue.AddAsync(task.WithArgs(), Token)).Id;
        await CountsAsync(queue, dead: 1);

        Assert.False(await queue.CancelAsync(id, Token));

        await CountsAsync(queue, dead: 1);
    }

    [Fact]
    public async Task RescheduleAsync_Earlier_RunsThen()
    {
        var (queue, task, runs, _) = StartHeld();
        Require(Backend(queue).Capabilities.Lookup, "The store can't reschedule.");
        await queue.StartAsync(Token);
        var id = (await queue.AddAsync(task.WithArgs(1).WithDelay(Hours(1)), Token)).Id;
        var due = Now + Sec(2);

        Assert.True(await queue.RescheduleAsync(id, due, Token));

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "it runs", Ms(50));
        AssertBetween(runs.Runs[0].At - due, TimeSpan.Zero, TimeSpan.Zero, Ms(50));
    }

    [Fact]
    public async Task RescheduleAsync_LaterOrPastOrUnknown_DoesSo()
    {
        var (queue, task, runs, _) = StartHeld();
        Require(Backend(queue).Capabilities.Lookup, "The store can't reschedule.");
        var later = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var sooner = (await queue.AddAsync(task.WithArgs(2).WithDelay(Hours(1)), Token)).Id;

        Assert.True(await queue.RescheduleAsync(later, Now + Hours(2), Token));
        Assert.True(await queue.RescheduleAsync(sooner, Now - Hours(1), Token));
        Assert.False(await queue.RescheduleAsync(Guid.NewGuid(), Now, Token));

        await CountsAsync(queue, ready: 1, delayed: 1);
        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
        Assert.Equal(sooner, runs.Runs[0].Id);
        Assert.False(await queue.RescheduleAsync(sooner, Now, Token));
    }

    [Fact]
    public async Task PauseAsync_StopsFetchingInAllProcesses_ResumeAllowsIt()
    {
        var (queue, task, runs, gate) = StartHeld();
        gate.Open();
        var other = OtherProcess(queue);
        other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await queue.StartAsync(Token);
        await other.StartAsync(Token);
        await SettleAsync();

        await other.PauseAsync(Token);
        if (!Fixture.SharesPause)
        {
            await queue.PauseAsync(Token);
        }

        await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        await AdvanceAsync(Sec(15), Sec(1));

        Assert.Equal(0, runs.Count);
        await CountsAsync(queue, ready: 10);
        await EventuallyAsync(() => queue.Consumer.Stats.Paused && other.Consumer.Stats.Paused, "both consumers say so");
        await queue.PauseAsync(Token);

        await queue.ResumeAsync(Token);
        if (!Fixture.SharesPause)
        {
            await other.ResumeAsync(Token);
        }

        await AdvanceUntilAsync(() => runs.Count == 10, Sec(20), "they go on");
        await EmptyAsync(queue);
        await AdvanceUntilAsync(() => !queue.Consumer.Stats.Paused, Sec(20), "it says so");
    }

    [Fact]
    public async Task PauseAsync_BeforeTheStart_HoldsAfterIt()
    {
        var (queue, task, runs, _) = StartHeld();
        await queue.PauseAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);

        await queue.StartAsync(Token);
        await AdvanceAsync(Sec(2));
        Assert.Equal(0, runs.Count);

        await queue.ResumeAsync(Token);
        await AdvanceUntilAsync(() => runs.Count == 1, Sec(20), "it runs");
    }

    [Fact]
    public async Task PauseAsync_BufferedMessages_StillRun()
    {
        var (queue, task, runs, gate) = StartHeld(options => options.MinWorkers = options.MaxWorkers = 1);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
        await SettleAsync();
        var reserved = (await queue.CountAsync(Token)).InFlight;
        await queue.PauseAsync(Token);

        gate.Open();

        await runs.WaitAsync((int)reserved);
        await CountsAsync(queue, ready: 5 - reserved);
        await SettleAsync();
        Assert.Equal(reserved, runs.Count);
    }

    [Fact]
    public async Task PurgeAsync_InFlight_LeavesCountsRightAndNewOnesRun()
    {
        Require(Fixture.PurgesAtOnce, "A purge takes the store a while.");
        // D3, D28, T5, R28: after a purge the original's counters ran below zero and 30 of 50 were never recovered.
        var (queue, task, runs, gate) = StartHeld(options => options.LeaseDuration = Sec(3));
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 30).Select(n => task.WithArgs(n)), Token);
        await queue.AddRangeAsync(Enumerable.Range(30, 10).Select(n => task.WithArgs(n).WithDelay(Sec(2))), Token);
        await runs.WaitAsync(4);
        await SettleAsync();

        await queue.PurgeAsync(Token);
        await CountsAsync(queue);
        gate.Open();
        await EventuallyAsync(() => queue.Consumer.Stats is { InFlight: 0, Buffered: 0 }, "nothing runs");
        await AdvanceAsync(Sec(4), Ms(250));
        var before = runs.Count;
        await queue.AddRangeAsync(Enumerable.Range(100, 50).Select(n => task.WithArgs(n)), Token);

        await AdvanceUntilAsync(() => runs.Runs.Count(run => (int)run.Value! >= 100) == 50, Sec(15), "the new ones run");
        await EmptyAsync(queue);
        Assert.Equal(before + 50, runs.Count);
        Assert.DoesNotContain(runs.Runs, run => (int)run.Value! is >= 30 and < 100);
        await EventuallyAsync(() => queue.Consumer.Stats is { InFlight: 0, Buffered: 0 }, "nothing runs");
        await AdvanceUntilAsync(queue.Consumer.ProcessAllAsync(Token), Sec(15), "the queue counts as empty");
    }

    [Fact]
    public async Task PurgeAsync_ThenTheProcessDies_NewOnesAreNotHeldUp()
    {
        Require(Fixture.PurgesAtOnce, "A purge takes the store a while.");
        // T5: dangling reservations of purged messages blocked every recovery behind them.
        var (queue, task, runs, gate) = StartHeld(options => options.LeaseDuration = Sec(1));
        gate.Open();
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await FetchAsync(queue, max: 10, duration: Sec(1));
        await queue.PurgeAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(100, 50).Select(n => task.WithArgs(n)), Token);
        await FetchAsync(queue, max: 10, duration: Sec(1));
        await AdvanceAsync(Sec(1) + Fixture.Tolerance);

        await queue.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count == 50, Sec(15), "the new ones run");
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(100, 50), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public async Task PurgeAsync_DeadLetters_Stay()
    {
        Require(Fixture.PurgesAtOnce, "A purge takes the store a while.");
        var queue = Queue();
        var task = queue.RegisterTask("t", void () => throw new SkipRetryException("no"));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(), Token);
        await CountsAsync(queue, dead: 1);

        await queue.PurgeAsync(Token);

        await CountsAsync(queue, dead: 1);
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs, Gate Gate) StartHeld(Action<QueueOptions>? configure = null)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        var gate = NewGate();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync();
        });
        return (queue, task, runs, gate);
    }
}
