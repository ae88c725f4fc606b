using System.Threading.RateLimiting;

namespace TaskQ.Conformance;

/// <summary>Limits hold exactly: under load, after idle, over two consumers.</summary>
public abstract class Limits(BackendFixture fixture) : ConformanceTest(fixture)
{
    public override ValueTask InitializeAsync()
    {
        Require(Backend(Queue()).Capabilities.Limits, "The store keeps no limits.");
        return default;
    }

    [Fact]
    public async Task RateLimit_UnderLoad_IsExact()
    {
        var (queue, task, runs) = Start(options => options.RateLimit = RateLimit.PerSecond(10));
        await queue.AddRangeAsync(Enumerable.Range(0, 50).Select(n => task.WithArgs(n)), Token);
        var started = Now;
        await queue.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count == 50, Sec(6), "all messages run", Ms(50));

        // 10 at once, then one each 100 ms: the last of 50 after 4 s, and none too early.
        AssertRate(runs, 10, Sec(1), 10);
        AssertBetween(runs.Runs[^1].At - started, Sec(4) - Ms(1), Sec(4), Ms(300));
    }

    [Fact]
    public async Task RateLimit_AfterIdle_DoesNotOvershoot()
    {
        // D30: the original let 108 through in the first second at 10/s.
        Require(Fixture.HasFakeClock, "Idle takes too long by a real clock.");
        var (queue, task, runs) = Start(options => options.RateLimit = RateLimit.PerSecond(10));
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 15).Select(n => task.WithArgs(n)), Token);
        await AdvanceUntilAsync(() => runs.Count == 15, Sec(2), "the first messages run", Ms(50));
        await AdvanceAsync(Min(10), Sec(20));

        await queue.AddRangeAsync(Enumerable.Range(0, 60).Select(n => task.WithArgs(n)), Token);
        await SettleAsync();
        Assert.True(runs.Count <= 15 + 10, $"{runs.Count - 15} started at once with a burst of 10");
        await AdvanceUntilAsync(() => runs.Count == 75, Sec(8), "all messages run", Ms(100));

        AssertRate(runs, 10, Sec(1), 10);
    }

    [Fact]
    public async Task RateLimit_BurstOfOne_SpacesTheStarts()
    {
        var (queue, task, runs) = Start(options => options.RateLimit = new RateLimit(2, Sec(1), 1));
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        var started = Now;
        await queue.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count == 6, Sec(4), "all messages run", Ms(50));

        // From the start on: a first one that came late leaves those after it where they are.
        var after = runs.Runs.Select(run => run.At - started).ToArray();
        Assert.All(Enumerable.Range(1, 5), i => Assert.True(after[i] >= (Sec(0.5) * i) - Ms(60), $"start {i} after {after[i]}"));
    }

    [Fact]
    public async Task RateLimit_Retries_TakePermitsToo()
    {
        Require(Fixture.HasFakeClock, "A period of a minute is too long for a real clock.");
        var queue = Queue(options => options.RateLimit = RateLimit.PerMinute(6));
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = (int n, TaskContext c) =>
            {
                runs.Add(c, n);
                if (c.Attempt == 1)
                {
                    throw new InvalidOperationException("once");
                }
            },
        });
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(6);
        await SettleAsync();
        Assert.Equal(6, runs.Count);

        await AdvanceUntilAsync(() => runs.Count == 12, Sec(80), "all attempts run", Sec(1));

        AssertRate(runs, 6, Min(1), 6);
        await EmptyAsync(queue);
    }

    [Fact]
    public async Task RateLimit_TwoProcesses_ShareIt()
    {
        var (queue, task, runs) = Start(options => options.RateLimit = RateLimit.PerSecond(10));
        var other = OtherProcess(queue);
        other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await queue.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(n)), Token);
        var started = Now;
        await queue.StartAsync(Token);
        await other.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count == 40, Sec(5), "all messages run", Ms(50));

        AssertRate(runs, 10, Sec(1), 10);
        AssertBetween(runs.Runs[^1].At - started, Sec(3) - Ms(1), Sec(3), Ms(300));
    }

    [Fact]
    public async Task RateLimit_Reached_NothingIsHoarded()
    {
        // D47: what cannot start yet stays with the store, for others.
        var (queue, task, runs) = Start(options => options.RateLimit = RateLimit.PerHour(3));
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);

        await queue.StartAsync(Token);

        await runs.WaitAsync(3);
        await CountsAsync(queue, ready: 17);
        Assert.Equal(3, runs.Count);
    }

    [Fact]
    public async Task WorkerLimit_LongHandlers_IsNeverExceeded()
    {
        // D31: the original let others in when a handler outlasted its lock.
        var (queue, task, runs, gate) = StartHeld(options =>
        {
            options.WorkerLimit = 2;
            options.MinWorkers = options.MaxWorkers = 8;
            options.LeaseDuration = Sec(2);
        });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 12).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(2);

        await AdvanceAsync(Sec(9), Ms(250));
        Assert.Equal((2, 2), (runs.Count, runs.Running));
        await CountsAsync(queue, ready: 10, inFlight: 2);

        gate.Open();
        await runs.WaitAsync(12);
        await EmptyAsync(queue);
        Assert.Equal(2, runs.MostAtOnce);
        Assert.Equal(12, runs.Count);
    }

    [Fact]
    public async Task WorkerLimit_TwoProcesses_ShareIt()
    {
        var (queue, task, runs, gate) = StartHeld(options => options.WorkerLimit = 3);
        var other = OtherProcess(queue);
        other.RegisterTask("t", (Func<int, TaskContext, Task>)(async (n, c) =>
        {
            using (runs.Enter(c, n))
            {
                await gate.WaitAsync(c.CancellationToken);
            }
        }));
        await queue.StartAsync(Token);
        await other.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(3);
        await SettleAsync();
        Assert.Equal(3, runs.Running);

        gate.Open();

        await AdvanceUntilAsync(() => runs.Count == 20, Sec(10), "all messages run");
        await EmptyAsync(queue);
        Assert.Equal(3, runs.MostAtOnce);
    }

    [Fact]
    public async Task WorkerLimit_MessageFinished_ItsSlotIsFreeAtOnce()
    {
        var queue = Queue(options => options.WorkerLimit = 1);
        var runs = NewRecorder();
        var gates = Enumerable.Range(0, 3).Select(_ => NewGate()).ToArray();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            using (runs.Enter(c, n))
            {
                await gates[n].WaitAsync();
            }
        });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        for (var n = 0; n < 3; n++)
        {
            await runs.WaitAsync(n + 1);
            Assert.Equal(n + 1, runs.Count);
            gates[(int)runs.Runs[^1].Value!].Open();
        }

        await EmptyAsync(queue);
        Assert.Equal(1, runs.MostAtOnce);
    }

    [Fact]
    public async Task WorkerLimit_HandlerFails_ItsSlotIsFree()
    {
        var queue = Queue(options => options.WorkerLimit = 1);
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 2, RetryDelay = static _ => TimeSpan.Zero, Handler = void (int _) => throw new InvalidOperationException("boom") });
        await queue.StartAsync(Token);

        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);

        await CountsAsync(queue, dead: 5);
    }

    [Fact]
    public async Task WorkerLimit_ProcessDies_ItsSlotIsFreeWhenTheLeaseEnds()
    {
        // R34: no slot leaks with a crash.
        var (queue, task, runs) = Start(options => (options.WorkerLimit, options.LeaseDuration) = (2, Sec(2)));
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        Assert.Equal(2, (await FetchAsync(queue, max: 6, Sec(2))).Deliveries.Count);
        Assert.Empty((await FetchAsync(queue, max: 6, Sec(2))).Deliveries);

        await queue.StartAsync(Token);
        await SettleAsync();
        Assert.Equal(0, runs.Count);

        await AdvanceUntilAsync(() => runs.Count == 6, Sec(6), "all messages run");
        await EmptyAsync(queue);
    }

    [Fact]
    public async Task RateLimiter_OfThisProcess_IsRespectedAndGivenBack()
    {
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 2, QueueLimit = 100 });
        var (queue, task, runs, gate) = StartHeld(options => options.RateLimiter = limiter);
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(2);
        await SettleAsync();
        Assert.Equal(2, runs.Count);

        gate.Open();

        await AdvanceUntilAsync(() => runs.Count == 10, Sec(10), "all messages run");
        await EmptyAsync(queue);
        Assert.Equal(2, runs.MostAtOnce);
        await StopAsync(queue);
        Assert.Equal(2, limiter.GetStatistics()!.CurrentAvailablePermits);
    }

    [Fact]
    public async Task RateLimiter_SharedByTwoQueues_NeitherStarves()
    {
        // A queue that is idle must not sit on the permit that the other one needs.
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 100 });
        var (first, firstTask, firstRuns) = Start(options => options.RateLimiter = limiter);
        var (second, secondTask, secondRuns) = Start(options => options.RateLimiter = limiter);
        await first.StartAsync(Token);
        await first.AddAsync(firstTask.WithArgs(1), Token);
        await firstRuns.WaitAsync(1);
        await EmptyAsync(first);
        await second.StartAsync(Token);

        await second.AddRangeAsync(Enumerable.Range(0, 3).Select(n => secondTask.WithArgs(n)), Token);

        await AdvanceUntilAsync(() => secondRuns.Count == 3, Sec(40), "the other queue runs");
        await first.AddAsync(firstTask.WithArgs(2), Token);
        await AdvanceUntilAsync(() => firstRuns.Count == 2, Sec(40), "the first queue runs");
    }

    [Fact]
    public async Task RateLimiter_RefusesWithoutQueueing_MessagesRunLaterAndAreNotFailed()
    {
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 0 });
        var (queue, task, runs, gate) = StartHeld(options => options.RateLimiter = limiter);
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(1);
        await AdvanceAsync(Sec(2));
        Assert.Equal(1, runs.Count);

        gate.Open();

        await AdvanceUntilAsync(() => runs.Count == 5, Sec(30), "all messages run");
        await EmptyAsync(queue);
        Assert.All(runs.Runs, run => Assert.Equal(1, run.Attempt));
        Assert.Equal(1, runs.MostAtOnce);
    }

    private static void AssertRate(Recorder runs, int permits, TimeSpan period, int burst)
    {
        // In any window that begins at a start: the burst, and what the rate gives in that time.
        var at = runs.Runs.Select(run => run.At).Order().ToArray();
        for (var first = 0; first < at.Length; first++)
        {
            for (var last = first; last < at.Length; last++)
            {
                var allowed = burst + (permits * ((at[last] - at[first]) / period));
                Assert.True(last - first + 1 <= allowed + 1, $"{last - first + 1} starts in {at[last] - at[first]}, allowed are {allowed:0.0}");
            }
        }
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs) Start(Action<QueueOptions> configure)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        return (queue, queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n)), runs);
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs, Gate Gate) StartHeld(Action<QueueOptions> configure)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        var gate = NewGate();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            using (runs.Enter(c, n))
            {
                await gate.WaitAsync(c.CancellationToken);
            }
        });
        return (queue, task, runs, gate);
    }
}
