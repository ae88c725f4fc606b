using System.Collections.Concurrent;
using System.Diagnostics;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

/// <summary>What SQS has no notion of, from end to end: fauxqs, a companion in Redis, and two processes.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class CompanionTests(FauxqsServer server, RedisCompanion companion) : CompanionTest(server, companion.Configuration)
{
    [Fact]
    public async Task WithName_TwoProcesses_OneIsStoredAndRuns()
    {
        TaskQueue queue = Process();
        TaskQueue other = OtherProcess(queue);
        var runs = new ConcurrentQueue<Guid>();
        TaskDefinition task = queue.RegisterTask("t", (int _, TaskContext c) => runs.Enqueue(c.Message.Id));
        TaskDefinition otherTask = other.RegisterTask("t", (int _, TaskContext c) => runs.Enqueue(c.Message.Id));

        AddResult[] results = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => n % 2 == 0
            ? queue.AddAsync(task.WithArgs(n).WithName("one"), Token)
            : other.AddAsync(otherTask.WithArgs(n).WithName("one"), Token)));
        Assert.Single(results, result => !result.IsDuplicate);
        Assert.Single(results.Select(result => result.Id).Distinct());
        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);

        await other.StartAsync(Token);
        await EmptyAsync(queue);
        Assert.Equal(results[0].Id, Assert.Single(runs));
    }

    [Fact]
    public async Task Unique_TwoProcesses_NameIsTakenUntilTheMessageEnds()
    {
        TaskQueue queue = Process();
        TaskQueue other = OtherProcess(queue);
        TaskDefinition task = queue.RegisterTask("t", (int _) => { });
        TaskDefinition otherTask = other.RegisterTask("t", (int _) => { });
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
        Assert.True((await other.AddAsync(otherTask.WithArgs(1).Unique(), Token)).IsDuplicate);

        await other.StartAsync(Token);
        await EmptyAsync(queue);

        await UntilAsync(async () => !(await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate, "the name is free");
    }

    [Fact]
    public async Task ReplacePending_ByAnotherProcess_OnlyTheReplacementRuns()
    {
        TaskQueue queue = Process();
        TaskQueue other = OtherProcess(queue);
        var runs = new ConcurrentQueue<(int Argument, Guid Id)>();
        TaskDefinition task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Enqueue((n, c.Message.Id)));
        TaskDefinition otherTask = other.RegisterTask("t", (int n, TaskContext c) => runs.Enqueue((n, c.Message.Id)));
        AddResult first = await queue.AddAsync(task.WithArgs(1).WithName("n").WithDelay(Sec(3)), Token);

        Assert.Equal(
            new AddResult(first.Id, AddStatus.Duplicate),
            await other.AddAsync(otherTask.WithArgs(2).WithName("n", DedupeMode.ReplacePending).WithDelay(Sec(1)), Token));

        await queue.StartAsync(Token);
        await EmptyAsync(queue);
        Assert.Equal((2, first.Id), Assert.Single(runs));
    }

    [Fact]
    public async Task RateLimit_TwoProcesses_HoldsOverBoth()
    {
        const int PerSecond = 10;
        TaskQueue queue = Process(options => options.RateLimit = RateLimit.PerSecond(PerSecond));
        TaskQueue other = OtherProcess(queue);
        var runs = new ConcurrentQueue<(long At, int Process)>();
        TaskDefinition task = queue.RegisterTask("t", (int _) => runs.Enqueue((Stopwatch.GetTimestamp(), 1)));
        other.RegisterTask("t", (int _) => runs.Enqueue((Stopwatch.GetTimestamp(), 2)));
        await queue.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(n)), Token);

        await Task.WhenAll(queue.StartAsync(Token), other.StartAsync(Token));
        await UntilAsync(() => runs.Count == 40, "all have run");

        long[] times = [.. runs.Select(run => run.At).Order()];
        double burst = queue.Options.RateLimit!.Burst;
        double seconds = Stopwatch.GetElapsedTime(times[0], times[^1]).TotalSeconds;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"40 runs in {seconds:0.0} s, burst {burst}; {runs.Count(run => run.Process == 1)} and {runs.Count(run => run.Process == 2)}");
        Assert.InRange(seconds, ((40 - burst) / PerSecond) - 0.3, 20);
    }

    [Fact]
    public async Task WorkerLimit_TwoProcesses_HoldsOverBoth()
    {
        TaskQueue queue = Process(options => options.WorkerLimit = 3);
        TaskQueue other = OtherProcess(queue);
        int running = 0;
        int most = 0;
        var done = new ConcurrentDictionary<int, int>();
        TaskDefinition task = queue.RegisterTask("t", RunAsync);
        other.RegisterTask("t", RunAsync);
        await queue.AddRangeAsync(Enumerable.Range(0, 30).Select(n => task.WithArgs(n)), Token);

        await Task.WhenAll(queue.StartAsync(Token), other.StartAsync(Token));
        await UntilAsync(() => done.Count == 30, "all have run");

        await EmptyAsync(queue);
        Assert.Equal(3, most);
        Assert.All(done.Values, static runs => Assert.Equal(1, runs));

        async Task RunAsync(int n)
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            Interlocked.Decrement(ref running);
            done.AddOrUpdate(n, 1, static (_, runs) => runs + 1);
        }
    }

    [Fact]
    public async Task DeadLetters_OfOneProcess_AreSeenFoundListedAndRequeuedByAnother()
    {
        TaskQueue queue = Process();
        TaskQueue other = OtherProcess(queue);
        var isFixed = false;
        var runs = new ConcurrentQueue<int>();
        TaskDefinition task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 1,
            Handler = (int n) =>
            {
                runs.Enqueue(n);
                if (!Volatile.Read(ref isFixed))
                {
                    throw new InvalidOperationException("boom");
                }
            },
        });
        other.RegisterTask("t", (int _) => { });
        Guid id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        await queue.StartAsync(Token);
        await UntilAsync(async () => (await other.CountAsync(Token)).Dead == 1, "it is dead");

        DeadLetter letter = Assert.Single(await other.PeekDeadAsync(10, Token));
        Assert.Equal((id, "boom", 1), (letter.Message.Id, letter.ErrorMessage, letter.Attempts));
        Assert.Equal(DeadReason.RetriesExhausted, letter.Reason);
        Assert.Equal(MessageState.Dead, (await other.GetAsync(id, Token))!.State);
        Assert.Equal(id, Assert.Single(await other.ListAsync(new MessageFilter { State = MessageState.Dead, TaskName = "t" }, 10, Token)).Message.Id);

        // What is not dead can't be found, and that is said.
        await Assert.ThrowsAsync<NotSupportedException>(() => other.GetAsync(Guid.NewGuid(), Token));
        await Assert.ThrowsAsync<NotSupportedException>(() => other.ListAsync(new MessageFilter(), 10, Token));

        Volatile.Write(ref isFixed, true);
        Assert.True(await other.RequeueDeadAsync(id, Token));
        await UntilAsync(() => runs.Count == 2, "it runs again");
        await EmptyAsync(queue);
        Assert.Equal(0, (await queue.CountAsync(Token)).Dead);
    }

    [Fact]
    public async Task PauseAsync_OfAnotherProcess_StopsThisOne()
    {
        TaskQueue queue = Process();
        TaskQueue other = OtherProcess(queue);
        var runs = new ConcurrentQueue<int>();
        TaskDefinition task = queue.RegisterTask("t", (int n) => runs.Enqueue(n));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await UntilAsync(() => runs.Count == 1, "it runs");

        await other.PauseAsync(Token);
        await UntilAsync(() => queue.Consumer.Stats.Paused, "it knows that it is paused");
        await queue.AddAsync(task.WithArgs(2), Token);
        await UntilAsync(async () => (await other.CountAsync(Token)).Ready == 1, "the message is there");
        Assert.Single(runs);

        await other.ResumeAsync(Token);
        await UntilAsync(() => runs.Count == 2, "it runs");
    }

    [Fact]
    public async Task CancelAsync_DelayedAndRunning_EndsBothFromAnotherProcess()
    {
        TaskQueue queue = Process(options => options.LeaseDuration = Sec(3));
        TaskQueue other = OtherProcess(queue);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = new ConcurrentQueue<int>();
        TaskDefinition task = queue.RegisterTask("t", async (int n, CancellationToken token) =>
        {
            runs.Enqueue(n);
            started.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token)
                .ContinueWith(_ => ended.TrySetResult(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            token.ThrowIfCancellationRequested();
        });
        AddResult delayed = await queue.AddAsync(task.WithArgs(1).WithDelay(Sec(2)), Token);
        AddResult running = await queue.AddAsync(task.WithArgs(2), Token);
        await queue.StartAsync(Token);
        await started.Task.WaitAsync(Sec(20), Token);

        Assert.True(await other.CancelAsync(delayed.Id, Token));
        Assert.True(await other.CancelAsync(running.Id, Token));

        await ended.Task.WaitAsync(Sec(20), Token);
        await EmptyAsync(queue);
        Assert.Equal([2], runs);
        Assert.Equal(default, await queue.CountAsync(Token));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var found && found != seen)
        {
            seen = found;
        }
    }
}
