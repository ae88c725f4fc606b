namespace TaskQ.Conformance;

/// <summary>Named messages: one of a name, for as long as the name is taken.</summary>
public abstract partial class Names(BackendFixture fixture) : ConformanceTest(fixture)
{
    public override ValueTask InitializeAsync()
    {
        Require(Backend(Queue()).Capabilities.Names, "The store keeps no names.");
        return default;
    }

    [Fact]
    public async Task WithName_ManyProducersAtOnce_OneRunsAndAllLearnItsId()
    {
        // R35, D26.
        var (queue, task, runs) = Start();
        var other = OtherProcess(queue);
        var otherTask = other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await queue.StartAsync(Token);
        await other.StartAsync(Token);

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Task.Run(
            () => n % 2 == 0
                ? queue.AddAsync(task.WithArgs(n).WithName("one"), Token)
                : other.AddAsync(otherTask.WithArgs(n).WithName("one"), Token),
            Token)));

        await runs.WaitAsync(1);
        await EmptyAsync(queue);
        Assert.Single(results, result => result.Status == AddStatus.Added);
        Assert.Single(results.Select(result => result.Id).Distinct());
        Assert.Equal(results[0].Id, Assert.Single(runs.Runs).Id);
    }

    [Fact]
    public async Task WithName_SecondAdd_IsADuplicateOfTheFirst()
    {
        var (queue, task, _) = Start();
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);

        var second = await queue.AddAsync(task.WithArgs(2).WithName("n"), Token);

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        Assert.True(second.IsDuplicate);
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task WithName_DuplicatesWithinOneRange_OneIsAdded()
    {
        var (queue, task, _) = Start();

        var results = await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n).WithName("n" + (n % 2))), Token);

        Assert.Equal([false, false, true, true, true, true, true, true, true, true], results.Select(result => result.IsDuplicate));
        Assert.All(results.Select((result, n) => (result, n)), x => Assert.Equal(results[x.n % 2].Id, x.result.Id));
        await CountsAsync(queue, ready: 2);
    }

    [Fact]
    public async Task WithName_OtherTaskOrQueueOrName_IsNoDuplicate()
    {
        var (queue, task, _) = Start();
        var otherTask = queue.RegisterTask("t2", (int _) => { });
        var (otherQueue, sameTask, _) = Start();
        await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);

        Assert.False((await queue.AddAsync(otherTask.WithArgs(1).WithName("n"), Token)).IsDuplicate);
        Assert.False((await otherQueue.AddAsync(sameTask.WithArgs(1).WithName("n"), Token)).IsDuplicate);
        Assert.False((await queue.AddAsync(task.WithArgs(1).WithName("N"), Token)).IsDuplicate);
        Assert.False((await queue.AddAsync(task.WithArgs(1), Token)).IsDuplicate);
    }

    [Theory]
    [InlineData("a", "bc", "ab", "c")]
    [InlineData("a", "b:c", "a:b", "c")]
    public async Task WithName_PartsThatJoinToTheSame_DontCollide(string task1, string name1, string task2, string name2)
    {
        // The original joined queue, task and name without lengths.
        var queue = Queue();
        var one = queue.RegisterTask(task1, () => { });
        var two = queue.RegisterTask(task2, () => { });

        await queue.AddAsync(one.WithArgs().WithName(name1), Token);

        Assert.False((await queue.AddAsync(two.WithArgs().WithName(name2), Token)).IsDuplicate);
    }

    [Fact]
    public async Task WithName_HostileNames_AreTakenLiterally()
    {
        var (queue, task, _) = Start();
        string[] names = ["'; DROP TABLE x; --", "{a}", "a\0b", "a", "\U0001F600", new string('x', 10_000), "a*b?[c]", "\r\n", " "];

        Assert.All(
            await queue.AddRangeAsync(names.Select((name, n) => task.WithArgs(n).WithName(name)), Token),
            result => Assert.False(result.IsDuplicate));
        Assert.All(
            await queue.AddRangeAsync(names.Select((name, n) => task.WithArgs(n).WithName(name)), Token),
            result => Assert.True(result.IsDuplicate));
    }

    [Fact]
    public async Task WithName_WindowEnds_TheNameIsFree()
    {
        // Taken for the window, whatever becomes of the message.
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        await runs.WaitAsync(1);
        await EmptyAsync(queue);
        await StopAsync(queue);

        await AdvanceAsync(Hours(24) - Sec(2), Hours(24));
        Assert.True((await queue.AddAsync(task.WithArgs(2).WithName("n"), Token)).IsDuplicate);

        await AdvanceAsync(Sec(3));
        Assert.False((await queue.AddAsync(task.WithArgs(3).WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task DeduplicationWindow_OfTheQueue_IsHonoured()
    {
        var (queue, task, _) = Start(options => options.DeduplicationWindow = Sec(4));
        await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);

        await AdvanceAsync(Sec(2));
        Assert.True((await queue.AddAsync(task.WithArgs(2).WithName("n"), Token)).IsDuplicate);

        await AdvanceAsync(Sec(2) + Fixture.Tolerance);
        Assert.False((await queue.AddAsync(task.WithArgs(3).WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task WithName_DelayedMessage_KeepsTheNameForDelayAndWindow()
    {
        var (queue, task, _) = Start(options => options.DeduplicationWindow = Sec(4));
        await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Sec(4)), Token);

        await AdvanceAsync(Sec(6));
        Assert.True((await queue.AddAsync(task.WithArgs(2).WithName("n"), Token)).IsDuplicate);

        await AdvanceAsync(Sec(2) + Fixture.Tolerance);
        Assert.False((await queue.AddAsync(task.WithArgs(3).WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task WithName_DelayBeyondADay_IsStillDeduplicated()
    {
        // D21.
        var (queue, task, _) = Start();
        await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Hours(72)), Token);

        await AdvanceAsync(Hours(95), Hours(95));
        Assert.True((await queue.AddAsync(task.WithArgs(2).WithName("n"), Token)).IsDuplicate);

        await AdvanceAsync(Hours(1) + Sec(1), Hours(2));
        Assert.False((await queue.AddAsync(task.WithArgs(3).WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceInPeriod_SameSlot_RunsOnceAndAtOnce()
    {
        // The original ran it a period later.
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        await ToSlotStartAsync(Sec(4));

        var first = await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Sec(4)), Token);
        await runs.WaitAsync(1);
        var second = await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Sec(4)), Token);
        var others = await queue.AddAsync(task.WithArgs(2).OnceInPeriod(Sec(4)), Token);

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        Assert.False(others.IsDuplicate);
        await runs.WaitAsync(2);
    }

    [Fact]
    public async Task OnceInPeriod_NextSlot_RunsAgain()
    {
        var (queue, task, _) = Start();
        await ToSlotStartAsync(Sec(4));
        await AdvanceAsync(Sec(3));
        await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Sec(4)), Token);

        // The slot ends one second later, long before a period has passed.
        await AdvanceAsync(Sec(1.1));

        Assert.False((await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Sec(4)), Token)).IsDuplicate);
        Assert.True((await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Sec(4)), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceInPeriod_LongerThanADay_HoldsToItsEnd()
    {
        // D21.
        var (queue, task, _) = Start();
        await ToSlotStartAsync(Hours(48));
        await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(48)), Token);

        await AdvanceAsync(Hours(48) - Sec(2), Hours(48));
        Assert.True((await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(48)), Token)).IsDuplicate);

        await AdvanceAsync(Sec(3));
        Assert.False((await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(48)), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceInPeriod_DifferentPeriods_AreDifferentNames()
    {
        var (queue, task, _) = Start();
        await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(48)), Token);

        Assert.False((await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(72)), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceInPeriod_WithKey_GoesByTheKeyAlone()
    {
        var (queue, task, _) = Start();
        await ToSlotStartAsync(Hours(1));
        await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(1), "World", "europe"), Token);

        Assert.True((await AddOnceAsync(2, "World", "europe")).IsDuplicate);
        Assert.False((await AddOnceAsync(1, "World", "asia")).IsDuplicate);
        Assert.False((await AddOnceAsync(1, "Worldeurope")).IsDuplicate);
        Assert.False((await AddOnceAsync(1, "Worl", "deurope")).IsDuplicate);
        Assert.False((await AddOnceAsync(1, "World", null)).IsDuplicate);

        Task<AddResult> AddOnceAsync(int argument, params object?[] key) =>
            queue.AddAsync(task.WithArgs(argument).OnceInPeriod(Hours(1), key), Token);
    }

    [Fact]
    public async Task OnceInPeriod_WithDelay_RunsLater()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var added = Now;
        await queue.AddAsync(task.WithArgs(1).OnceInPeriod(Hours(1)).WithDelay(Sec(2)), Token);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "the delayed message runs");

        AssertBetween(runs.Runs[0].At - added, Sec(2), Sec(2), Ms(150));
    }

    [Fact]
    public async Task OnceInPeriod_DictionariesAndSetsInAnyOrder_AreTheSame()
    {
        // D22.
        var queue = Queue();
        var map = queue.RegisterTask("map", (Dictionary<string, int> _) => { });
        var set = queue.RegisterTask("set", (HashSet<string> _) => { });
        string[] keys = ["alpha", "beta", "gamma", "delta", "epsilon"];
        for (var round = 0; round < 10; round++)
        {
            var order = keys.ToArray();
            new Random(round).Shuffle(order);
            var asMap = await queue.AddAsync(
                map.WithArgs(order.ToDictionary(key => key, key => key.Length)).OnceInPeriod(Hours(24 * 365)),
                Token);
            var asSet = await queue.AddAsync(set.WithArgs(order.ToHashSet()).OnceInPeriod(Hours(24 * 365)), Token);
            Assert.Equal((round > 0, round > 0), (asMap.IsDuplicate, asSet.IsDuplicate));
        }

        var different = keys.ToDictionary(key => key, _ => 0);
        Assert.False((await queue.AddAsync(map.WithArgs(different).OnceInPeriod(Hours(24 * 365)), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceInPeriod_ArgumentsChangedBeforeTheAdd_CountAsTheyAreThen()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (List<int> list) => runs.Add(string.Join(',', list)));
        List<int> list = [1];
        var message = task.WithArgs(list).OnceInPeriod(Hours(24 * 365));
        list.Add(2);
        await queue.AddAsync(message, Token);

        Assert.True((await queue.AddAsync(task.WithArgs(new List<int> { 1, 2 }).OnceInPeriod(Hours(24 * 365)), Token)).IsDuplicate);
        Assert.False((await queue.AddAsync(task.WithArgs(new List<int> { 1 }).OnceInPeriod(Hours(24 * 365)), Token)).IsDuplicate);
    }

    [Fact]
    public async Task OnceWithDelay_SameArguments_RunOnceAfterTheDelay()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var added = Now;
        await queue.AddAsync(task.WithArgs(1).OnceWithDelay(Sec(2)), Token);
        Assert.True((await queue.AddAsync(task.WithArgs(1).OnceWithDelay(Sec(9)), Token)).IsDuplicate);
        Assert.False((await queue.AddAsync(task.WithArgs(2).OnceWithDelay(Sec(2)), Token)).IsDuplicate);

        await AdvanceUntilAsync(() => runs.Count == 2, Sec(3), "both messages run");

        Assert.All(runs.Runs, run => AssertBetween(run.At - added, Sec(2), Sec(2), Ms(150)));
        await EmptyAsync(queue);
        Assert.Equal(2, runs.Count);
    }

    [Fact]
    public async Task OnceWithSchedule_SameArguments_RunOnceAtTheTime()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);
        var due = Now + Sec(2);
        await queue.AddAsync(task.WithArgs(1).OnceWithSchedule(due), Token);
        Assert.True((await queue.AddAsync(task.WithArgs(1).OnceWithSchedule(due + Sec(1)), Token)).IsDuplicate);

        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "the message runs");

        AssertBetween(runs.Runs[0].At - due, TimeSpan.Zero, TimeSpan.Zero, Ms(150));
        await EmptyAsync(queue);
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task Unique_Completed_TheNameIsFree()
    {
        var (queue, task, runs) = Start();
        var first = await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), await queue.AddAsync(task.WithArgs(1).Unique(), Token));
        Assert.False((await queue.AddAsync(task.WithArgs(2).Unique(), Token)).IsDuplicate);

        await queue.StartAsync(Token);
        await runs.WaitAsync(2);
        await EmptyAsync(queue);

        await AssertNameIsFreeAsync(queue, task);
        await runs.WaitAsync(3);
    }

    [Fact]
    public async Task Unique_WhileItRunsAndIsRetried_TheNameIsTaken()
    {
        var queue = Queue();
        var gate = NewGate();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c);
            await gate.WaitAsync();
            throw new RetryAfterException(Sec(2), "again");
        });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        await runs.WaitAsync(1);
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        gate.Open();
        await CountsAsync(queue, delayed: 1);
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        await AdvanceUntilAsync(() => runs.Count == 2, Sec(3), "the retry runs");
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
        Assert.Equal(runs.Runs[0].Id, runs.Runs[1].Id);
    }

    [Fact]
    public async Task Unique_Dead_TheNameIsFree()
    {
        var queue = Queue();
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 1, Handler = void (int _) => throw new InvalidOperationException("boom") });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        await CountsAsync(queue, dead: 1);

        await AssertNameIsFreeAsync(queue, task);
    }

    [Fact]
    public async Task Unique_Cancelled_TheNameIsFree()
    {
        var (queue, task, _) = Start();
        var id = (await queue.AddAsync(task.WithArgs(1).Unique().WithDelay(Hours(1)), Token)).Id;

        Assert.True(await queue.CancelAsync(id, Token));

        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Fact]
    public async Task Unique_OldMessageEndsAfterItsSuccessorTookTheName_TheNameStaysTaken()
    {
        // The name is freed only by the message that holds it.
        var (queue, task, _) = Start();
        var first = await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        var lease = await FetchAsync(queue);
        await queue.CancelAsync(first.Id, Token);
        await SettleAsync(queue, new TaskQ.Backend.Settlement(lease.Deliveries[0], TaskQ.Backend.SettlementKind.Retry));
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        await SettleAsync(queue, new TaskQ.Backend.Settlement(lease.Deliveries[0], TaskQ.Backend.SettlementKind.Complete));

        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Fact]
    public async Task ReplacePending_NotStarted_TakesOverArgumentsHeadersAndDueTime()
    {
        var queue = Queue();
        Require(Backend(queue).Capabilities.Lookup, "The store can't find a message to replace it.");
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, (n, c.Message.Headers["h"])));
        await queue.StartAsync(Token);
        var added = Now;
        var first = await queue.AddAsync(task.WithArgs(1).WithHeader("h", "a").WithName("n").WithDelay(Sec(9)), Token);

        var second = await queue.AddAsync(
            task.WithArgs(2).WithHeader("h", "b").WithName("n", DedupeMode.ReplacePending).WithDelay(Sec(2)),
            Token);

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        await CountsAsync(queue, delayed: 1);
        Assert.Equal(first.Id, (await queue.GetAsync(first.Id, Token))!.Message.Id);
        await AdvanceUntilAsync(() => runs.Count == 1, Sec(3), "the replaced message runs");
        Assert.Equal((2, "b"), runs.Runs[0].Value);
        Assert.Equal(first.Id, runs.Runs[0].Id);
        AssertBetween(runs.Runs[0].At - added, Sec(2), Sec(2), Ms(150));
        await AdvanceAsync(Sec(8), Sec(1));
        await EmptyAsync(queue);
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task ReplacePending_LaterDueTime_PutsItOff()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.Lookup, "The store can't find a message to replace it.");
        await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);

        await queue.AddAsync(task.WithArgs(2).WithName("n", DedupeMode.ReplacePending).WithDelay(Hours(1)), Token);

        await CountsAsync(queue, delayed: 1);
    }

    [Fact]
    public async Task ReplacePending_Started_ChangesNothing()
    {
        var queue = Queue();
        Require(Backend(queue).Capabilities.Lookup, "The store can't find a message to replace it.");
        var gate = NewGate();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync();
        });
        await queue.StartAsync(Token);
        var first = await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);
        await runs.WaitAsync(1);

        var second = await queue.AddAsync(task.WithArgs(2).WithName("n", DedupeMode.ReplacePending), Token);
        gate.Open();

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        await EmptyAsync(queue);
        Assert.Equal(1, Assert.Single(runs.Runs).Value);
    }

    [Fact]
    public async Task ReplacePending_NameFree_IsAdded()
    {
        var (queue, task, _) = Start();
        Require(Backend(queue).Capabilities.Lookup, "The store can't find a message to replace it.");

        Assert.False((await queue.AddAsync(task.WithArgs(1).WithName("n", DedupeMode.ReplacePending), Token)).IsDuplicate);
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task AddAsync_StoreFails_ThrowsAndTakesNoName()
    {
        // D8, D9, T6, R11, R12: the original reported success or a duplicate, and stored nothing.
        // D13: nor may the producer run itself what it can't store.
        var (queue, _, _) = Start();
        var other = OtherProcess(queue, out var backend);
        var runs = NewRecorder();
        var task = other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var broken = true;
        backend.FailAdd = () => broken ? new IOException("refused") : null;
        var messages = Enumerable.Range(0, 20).Select(n => task.WithArgs(n).WithName("n" + n)).ToArray();
        foreach (var message in messages)
        {
            await Assert.ThrowsAsync<IOException>(() => other.AddAsync(message, Token));
        }

        broken = false;

        foreach (var message in messages)
        {
            Assert.Equal(new AddResult(message.Id, AddStatus.Added), await other.AddAsync(message, Token));
        }

        await CountsAsync(queue, ready: 20);
        Assert.Equal(0, runs.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_ReplyIsLost_RepeatedAddStoresNothingTwice(bool named)
    {
        // R13.
        Require(named || Fixture.RemembersIds, "The store can't tell that it has an id.");
        var (queue, _, _) = Start();
        var other = OtherProcess(queue, out var backend);
        var task = other.RegisterTask("t", (int _) => { });
        var broken = true;
        backend.LoseAddReply = () => broken ? new IOException("reply lost") : null;
        var message = task.WithArgs(1);
        message.Name = named ? "n" : null;
        await Assert.ThrowsAsync<IOException>(() => other.AddAsync(message, Token));

        broken = false;

        Assert.Equal(new AddResult(message.Id, AddStatus.Added), await other.AddAsync(message, Token));
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task AddAsync_ArgumentCannotBeWritten_TakesNoName()
    {
        // D9: encoded before the name is taken.
        var queue = Queue();
        Require(!Backend(queue).Capabilities.PassesReferences, "Nothing is encoded here.");
        var task = queue.RegisterTask("t", (object? _) => { });
        var endless = new object[1];
        endless[0] = endless;
        await Assert.ThrowsAsync<PayloadException>(() => queue.AddAsync(task.WithArgs(endless).WithName("n"), Token));
        await CountsAsync(queue);

        Assert.False((await queue.AddAsync(task.WithArgs("fine").WithName("n"), Token)).IsDuplicate);
    }

    [Fact]
    public async Task PurgeAsync_NamesTaken_StayTaken()
    {
        Require(Fixture.PurgesAtOnce, "A purge takes the store a while.");
        var (queue, task, _) = Start();
        await queue.AddAsync(task.WithArgs(1).WithName("n"), Token);

        await queue.PurgeAsync(Token);

        Assert.True((await queue.AddAsync(task.WithArgs(2).WithName("n"), Token)).IsDuplicate);
        await CountsAsync(queue);
    }

    [Fact]
    public async Task WithName_ThousandDistinct_AreAllAdded()
    {
        var (queue, task, runs) = Start();
        await queue.StartAsync(Token);

        var results = await queue.AddRangeAsync(Enumerable.Range(0, 1000).Select(n => task.WithArgs(n).WithName("n" + n)), Token);

        Assert.All(results, result => Assert.False(result.IsDuplicate));
        await runs.WaitAsync(1000);
        await EmptyAsync(queue);
        Assert.Equal(1000, runs.Count);
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs) Start(Action<QueueOptions>? configure = null)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        return (queue, queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n)), runs);
    }

    // Slots begin at the Unix epoch.
    private async Task ToSlotStartAsync(TimeSpan period)
    {
        var into = TimeSpan.FromTicks((Now - DateTimeOffset.UnixEpoch).Ticks % period.Ticks);
        await AdvanceAsync(period - into + Ms(10), period);
    }

    /// <summary>Adds under the name of a message that has ended.</summary>
    private async Task AssertNameIsFreeAsync(TaskQueue queue, TaskDefinition task)
    {
        if (Fixture.FreesNamesAtOnce)
        {
            Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
            return;
        }

        await EventuallyAsync(async () => !(await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate, "the name is free");
    }
}
