namespace TaskQ.Conformance;

/// <summary>Messages that wait start no earlier than asked, and hardly later.</summary>
public abstract class Delays(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task WithDelay_Runs_NotEarlierAndHardlyLater()
    {
        // D45: a due message starts when it is due, not at the next poll.
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var added = Now;
        await queue.AddAsync(task.WithArgs(1).WithDelay(Sec(2)), Token);
        await CountsAsync(queue, delayed: 1);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "the delayed message runs");

        AssertBetween(runs.Runs[0].At - added, Sec(2), Sec(2), Ms(150));
        await EmptyAsync(queue);
    }

    [Fact]
    public async Task WithDelay_BelowASecond_IsKept()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var added = Now;
        await queue.AddAsync(task.WithArgs(1).WithDelay(Ms(250)), Token);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(1), "the delayed message runs");

        AssertBetween(runs.Runs[0].At - added, Ms(250), Ms(250), Ms(50));
    }

    [Fact]
    public async Task WithSchedule_Future_RunsAtThatTime()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var due = Now + Sec(3);
        await queue.AddAsync(task.WithArgs(1).WithSchedule(due), Token);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(4), "the scheduled message runs");

        AssertBetween(runs.Runs[0].At - due, TimeSpan.Zero, TimeSpan.Zero, Ms(200));
    }

    [Fact]
    public async Task WithSchedule_Past_RunsAtOnce()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(1).WithSchedule(Now - Hours(1)), Token);

        await runs.WaitAsync(1);
    }

    [Fact]
    public async Task WithDelay_EarlierOneAddedLater_RunsFirst()
    {
        // A consumer that waits for a later due time must notice an earlier one.
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1).WithDelay(Sec(8)), Token);
        await SettleAsync();
        var added = Now;
        await queue.AddAsync(task.WithArgs(2).WithDelay(Sec(1)), Token);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(2), "the earlier message runs");

        Assert.Equal(2, runs.Runs[0].Value);
        AssertBetween(runs.Runs[0].At - added, Sec(1), Sec(1), Ms(100));
        await CountsAsync(queue, delayed: 1);
    }

    [Fact]
    public async Task WithDelay_ManyDueTimes_RunInTheirOrder()
    {
        Require(Fixture.KeepsDueOrder, "The store does not keep the order of due times within a second.");
        var (queue, task, runs) = Start(options => options.MinWorkers = options.MaxWorkers = 1);
        await queue.StartAsync(Token);
        var order = Enumerable.Range(1, 20).ToArray();
        new Random(7).Shuffle(order);
        await queue.AddRangeAsync(order.Select(n => task.WithArgs(n).WithDelay(Ms(300 * n))), Token);

        await AdvanceUntilAsync(() => runs.Count == 20, Sec(8), "all messages run", Ms(100));

        Assert.Equal(Enumerable.Range(1, 20), runs.Runs.Select(run => (int)run.Value!));
    }

    [Fact]
    public async Task WithDelay_ReadyTogetherWhenTheConsumerComes_OldestDueFirst()
    {
        Require(Fixture.HasFakeClock && Fixture.KeepsDueOrder, "Without a fake clock the store may not promise an order.");
        var (queue, task, runs) = Start(options => options.MinWorkers = options.MaxWorkers = 1);
        var order = Enumerable.Range(1, 50).ToArray();
        new Random(11).Shuffle(order);
        await queue.AddRangeAsync(order.Select(n => task.WithArgs(n).WithDelay(Ms(10 * n))), Token);
        await AdvanceAsync(Sec(1), Sec(1));
        await CountsAsync(queue, ready: 50);

        await queue.StartAsync(Token);

        await runs.WaitAsync(50);
        Assert.Equal(Enumerable.Range(1, 50), runs.Runs.Select(run => (int)run.Value!));
    }

    [Fact]
    public async Task WithDelay_ThousandDueAtOnce_EachRunsOnce()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 1000).Select(n => task.WithArgs(n).WithDelay(Sec(2))), Token);
        await CountsAsync(queue, delayed: 1000);

        await AdvanceUntilAsync(() => runs.Count >= 1000, Sec(3), "all messages run");

        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, 1000), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public async Task WithDelay_TwoProcessesLookForDueMessages_EachRunsOnce()
    {
        // D20: two schedulers at once moved a message twice.
        var (queue, task, runs) = Start();
        var other = OtherProcess(queue);
        other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await queue.StartAsync(Token);
        await other.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 300).Select(n => task.WithArgs(n).WithDelay(Ms(1000 + n))), Token);

        await AdvanceUntilAsync(() => runs.Count >= 300, Sec(3), "all messages run");

        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, 300), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Theory]
    [InlineData(16)]
    [InlineData(60)]
    [InlineData(13 * 60)]
    [InlineData(30 * 24 * 60)]
    public async Task WithDelay_Long_IsNeitherHalvedNorCut(int minutes)
    {
        // D15: the original halved every delay above 15 min.
        var (queue, task, _) = Start();
        await queue.AddAsync(task.WithArgs(1).WithDelay(Min(minutes)), Token);

        await AdvanceAsync(Min(minutes) - Sec(1), Min(minutes));
        if (Backend(queue).Capabilities.ExactCounts)
        {
            Assert.Equal(new QueueCounts(0, 1, 0, 0), await queue.CountAsync(Token));
        }

        Assert.Empty((await FetchAsync(queue)).Deliveries);

        await AdvanceAsync(Sec(1) + Fixture.Tolerance);
        await CountsAsync(queue, ready: 1);
        Assert.Single((await FetchAsync(queue)).Deliveries);
    }

    [Fact]
    public async Task WithDelay_ConsumerStoppedMeanwhile_IsKept()
    {
        // M1, D1: a stop loses nothing that waits.
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1).WithDelay(Sec(4)), Token);
        await SettleAsync();

        await StopAsync(queue);
        await AdvanceAsync(Sec(5), Sec(1));
        Assert.Equal(0, runs.Count);
        await CountsAsync(queue, ready: 1);

        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
    }

    [Fact]
    public async Task Clock_JumpsADayForward_EachDueMessageRunsOnce()
    {
        // M5, R29.
        Require(Fixture.HasFakeClock, "The clock can't jump.");
        Require(Fixture.LongestLease >= Hours(48), "No lease lasts that long.");

        // A lease that outlasts the jump: what is in flight during it is not this test's matter.
        var (queue, task, runs) = Start(options => options.LeaseDuration = Hours(48));
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(1, 100).Select(n => task.WithArgs(n).WithDelay(Min(10 * n))), Token);
        await SettleAsync();

        await AdvanceAsync(Hours(24), Hours(24));

        await runs.WaitAsync(100);
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(1, 100), runs.Runs.Select(run => (int)run.Value!).Order());
    }

    [Fact]
    public void WithDelay_Negative_IsRefused()
    {
        var (_, task, _) = Start();

        Assert.Throws<ArgumentOutOfRangeException>(() => task.WithArgs(1).WithDelay(Ms(-1)));
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs) Start(Action<QueueOptions>? configure = null)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        return (queue, queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n)), runs);
    }
}
