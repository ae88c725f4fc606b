using System.Threading.RateLimiting;

namespace TaskQ.Conformance;

/// <summary>A stop ends in time, loses nothing and charges nobody.</summary>
public abstract class Stopping(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task StopAsync_WorkOutstanding_LosesNothingAndRunsNothingTwice()
    {
        // D1, T4, R9: a graceful close lost 20 of 40.
        var (queue, task, runs, gate) = StartHeld();
        await queue.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(4);

        var stop = queue.StopAsync(Sec(30));
        await CountsAsync(queue, ready: 36, inFlight: 4);
        Assert.False(stop.IsCompleted);
        gate.Open();
        await AtOnceAsync(stop, "the running ones finish");

        await CountsAsync(queue, ready: 36);
        Assert.Equal(4, runs.Count);
        await queue.StartAsync(Token);
        await runs.WaitAsync(40);
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, 40), runs.Runs.Select(run => (int)run.Value!).Order());
        AssertUncounted(queue, runs);
    }

    [Fact]
    public async Task StopAsync_HandlersDontEndInTime_AreCancelledAndGivenBackUncounted()
    {
        var (queue, task, runs, gate) = StartHeld();
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(3);
        var started = Now;

        await AdvanceUntilAsync(queue.StopAsync(Sec(2)), Sec(4), "the stop ends", Ms(100));

        AssertTimer(Now - started, Sec(2), Sec(1));
        await CountsAsync(queue, ready: 3);
        Assert.Equal((0, 0), (queue.Consumer.Stats.Retries, queue.Consumer.Stats.Failures));
        gate.Open();
        await queue.StartAsync(Token);
        await runs.WaitAsync(6);
        await EmptyAsync(queue);
        AssertUncounted(queue, runs);
    }

    [Fact]
    public async Task StopAsync_HandlerIgnoresCancellation_EndsAllTheSame()
    {
        // D33, M4: within its timeout, always.
        var queue = Queue();
        var runs = NewRecorder();
        var gate = NewGate();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync();
        });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);

        await AdvanceUntilAsync(queue.StopAsync(Sec(1)), Sec(10), "the stop ends", Ms(100));

        await CountsAsync(queue, ready: 1);
        gate.Open();
        await SettleAsync();
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task StopAsync_TimeoutZero_GivesBackWhatRuns()
    {
        var (queue, task, runs, _) = StartHeld();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(4);

        await AdvanceUntilAsync(queue.StopAsync(TimeSpan.Zero), Sec(10), "the stop ends", Ms(100));

        await CountsAsync(queue, ready: 10);
    }

    [Fact]
    public async Task StopAsync_TimeoutLongerThanATimer_WaitsForWhatRuns()
    {
        var (queue, task, runs, gate) = StartHeld();
        await queue.AddAsync(task.WithArgs(1), Token);
        await queue.StartAsync(Token);
        await runs.WaitAsync(1);

        var stop = queue.StopAsync(TimeSpan.MaxValue);
        await CountsAsync(queue, inFlight: 1);
        Assert.False(stop.IsCompleted);
        gate.Open();
        await AtOnceAsync(stop, "the running one finishes");

        await EmptyAsync(queue);
        Assert.Equal(1, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task StopAsync_Idle_EndsTheLongPollAtOnce()
    {
        // D33, D40.
        var (queue, _, _, _) = StartHeld(options => options.FetchWait = Hours(1));
        await queue.StartAsync(Token);
        await SettleAsync();

        await AtOnceAsync(queue.StopAsync(Sec(30)), "the stop");

        Assert.Equal((0, 0), (queue.Consumer.Stats.Workers, queue.Consumer.Stats.Fetchers));
    }

    [Fact]
    public async Task StopAsync_PausedByErrors_EndsAtOnce()
    {
        // D33: the pause was a fixed minute that nothing could interrupt.
        var queue = Queue(options => (options.PauseErrorsThreshold, options.PauseDuration) = (2, Hours(1)));
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 1, Handler = void (int _) => throw new InvalidOperationException("boom") });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await EventuallyAsync(() => queue.Consumer.Stats.Paused, "the queue is paused");

        await AtOnceAsync(queue.StopAsync(Sec(30)), "the stop");
    }

    [Fact]
    public async Task StopAsync_PausedByAnOperator_EndsAtOnce()
    {
        var (queue, _, _, _) = StartHeld();
        await queue.StartAsync(Token);
        await queue.PauseAsync(Token);
        await SettleAsync();

        await AtOnceAsync(queue.StopAsync(Sec(30)), "the stop");

        await queue.ResumeAsync(Token);
    }

    [Fact]
    public async Task StopAsync_RateLimitReached_EndsAtOnce()
    {
        Require(Backend(Queue()).Capabilities.Limits, "The store keeps no limits.");
        // D40.
        var (queue, task, runs, gate) = StartHeld(options => options.RateLimit = RateLimit.PerHour(1));
        gate.Open();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(1);
        await SettleAsync();

        await AtOnceAsync(queue.StopAsync(Sec(30)), "the stop");

        await CountsAsync(queue, ready: 4);
    }

    [Fact]
    public async Task StopAsync_WaitingForALimiter_EndsAtOnce()
    {
        await using var limiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = 1,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = Hours(1),
            AutoReplenishment = false,
            QueueLimit = 100,
        });
        var (queue, task, runs, gate) = StartHeld(options => options.RateLimiter = limiter);
        gate.Open();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(1);
        await SettleAsync();

        await AtOnceAsync(queue.StopAsync(Sec(30)), "the stop");

        await CountsAsync(queue, ready: 4);
    }

    [Fact]
    public async Task StopAsync_WorkerLimitReached_EndsWithTheRunningOnes()
    {
        Require(Backend(Queue()).Capabilities.Limits, "The store keeps no limits.");
        var (queue, task, runs, gate) = StartHeld(options => options.WorkerLimit = 1);
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(1);
        var stop = queue.StopAsync(Sec(30));
        await FetchingEndedAsync(queue);

        gate.Open();

        await AtOnceAsync(stop, "the stop");
        await CountsAsync(queue, ready: 4);
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task StartAndStop_Repeated_AreHarmlessOrAClearError()
    {
        var (queue, task, runs, gate) = StartHeld();
        gate.Open();
        await AtOnceAsync(queue.StopAsync(Sec(1)), "a stop before the start");
        await queue.StartAsync(Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.StartAsync(Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.Consumer.StartAsync(Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.StopAsync(Sec(-1)));
        await queue.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);

        await AtOnceAsync(Task.WhenAll(queue.StopAsync(Sec(30)), queue.StopAsync(Sec(30))), "two stops at once");
        await AtOnceAsync(queue.StopAsync(Sec(30)), "a stop after the stop");
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(2), Token);
        await runs.WaitAsync(2);
        await EmptyAsync(queue);

        await AtOnceAsync(queue.DisposeAsync().AsTask(), "a dispose while it runs");
        await AtOnceAsync(queue.DisposeAsync().AsTask(), "a second dispose");
        await AtOnceAsync(queue.StopAsync(Sec(1)), "a stop after the dispose");
    }

    [Fact]
    public async Task StartAsync_TokenCancelledLater_DoesNotStopTheWork()
    {
        // D18: what is finished is settled whatever became of the start's token.
        var (queue, task, runs, gate) = StartHeld();
        using var start = new CancellationTokenSource();
        await queue.StartAsync(start.Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);

        await start.CancelAsync();
        gate.Open();

        await EmptyAsync(queue);
        await queue.AddAsync(task.WithArgs(2), Token);
        await runs.WaitAsync(2);
        await EmptyAsync(queue);
        Assert.Equal(2, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task StartAsync_TokenCancelledBefore_StartsNothing()
    {
        var (queue, task, runs, _) = StartHeld();
        await queue.AddAsync(task.WithArgs(1), Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.StartAsync(new CancellationToken(canceled: true)));

        await SettleAsync();
        Assert.Equal(0, runs.Count);
        await queue.StartAsync(Token);
        await runs.WaitAsync(1);
    }

    [Fact]
    public async Task AddAsync_WhileStoppedAndStopping_IsStored()
    {
        var (queue, task, runs, gate) = StartHeld();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);
        var stop = queue.StopAsync(Sec(30));
        await FetchingEndedAsync(queue);
        Assert.False((await queue.AddAsync(task.WithArgs(2), Token)).IsDuplicate);
        gate.Open();
        await AtOnceAsync(stop, "the stop");

        await queue.AddAsync(task.WithArgs(3), Token);

        await CountsAsync(queue, ready: 2);
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task StopAndStart_TwoHundredCyclesUnderAdds_AcceptedIsHandledAndWaiting()
    {
        // M6. Where each give-back is an attempt, two hundred of them must not use up what the task has.
        var queue = Queue(options => options.FetchBatchSize = 5);
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = Fixture.CountsOneRelease ? TaskDefaults.RetryLimit : 1000,
            Handler = async (int n, TaskContext c) =>
            {
                await Task.Yield();
                runs.Add(c, n);
            },
        });
        using var done = new CancellationTokenSource();
        var producing = Task.Run(
            async () =>
            {
                var accepted = 0;
                while (!done.IsCancellationRequested)
                {
                    await queue.AddAsync(task.WithArgs(accepted), Token);
                    accepted++;
                    if (accepted % 10 == 0)
                    {
                        await Task.Delay(Ms(1), TimeProvider.System, Token);
                    }
                }

                return accepted;
            },
            Token);

        var cycles = Fixture.HasFakeClock ? 200 : 20;
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            await AtOnceAsync(queue.StartAsync(Token), $"start {cycle}");
            if (cycle % 3 == 0)
            {
                await Task.Yield();
            }

            await AtOnceAsync(queue.StopAsync(Sec(30)), $"stop {cycle}");
        }

        await done.CancelAsync();
        var count = await producing;
        await CountsAsync(queue, ready: count - runs.Count);
        await queue.StartAsync(Token);
        await runs.WaitAsync(count);
        await EmptyAsync(queue);
        Assert.Equal(Enumerable.Range(0, count), runs.Runs.Select(run => (int)run.Value!).Order());
        AssertUncounted(queue, runs);
    }

    [Fact]
    public async Task Factory_StartAndStop_WorkOnAllQueues()
    {
        // D35: a queue that was never started is not "already started".
        var factory = NewFactory();
        var queues = Enumerable.Range(0, 3).Select(_ => Queue(factory: factory)).ToArray();
        var runs = NewRecorder();
        var tasks = queues.Select(queue => queue.RegisterTask("t", (TaskContext c) => runs.Add(c))).ToArray();

        await factory.StartAsync(Token);
        for (var i = 0; i < 3; i++)
        {
            await queues[i].AddAsync(tasks[i].WithArgs(), Token);
        }

        await runs.WaitAsync(3);
        await AtOnceAsync(factory.StopAsync(Sec(30)), "the stop of all queues");
        await queues[0].AddAsync(tasks[0].WithArgs(), Token);
        await SettleAsync();
        Assert.Equal(3, runs.Count);
    }

    [Fact]
    public async Task Factory_OneQueueFails_ReportsItAndStartsTheOthers()
    {
        // D34: the original returned whatever the first finisher did, nothing included.
        var factory = NewFactory();
        var queues = Enumerable.Range(0, 3).Select(_ => Queue(factory: factory)).ToArray();
        var runs = NewRecorder();
        var task = queues[2].RegisterTask("t", (TaskContext c) => runs.Add(c));
        await queues[1].StartAsync(Token);

        var error = await Assert.ThrowsAsync<AggregateException>(() => factory.StartAsync(Token));

        Assert.IsType<InvalidOperationException>(Assert.Single(error.InnerExceptions));
        await queues[2].AddAsync(task.WithArgs(), Token);
        await runs.WaitAsync(1);
    }

    [Fact]
    public async Task Factory_Disposed_LeavesNoTimers()
    {
        // M1.
        var clock = Clock as ObservedClock;
        Require(clock is not null, "The clock does not know its timers.");
        var factory = Fixture.CreateFactory();
        var limits = Backend(Queue(null, factory)).Capabilities.Limits;
        var queue = Queue(options => options.RateLimit = limits ? RateLimit.PerHour(1) : null, factory);
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions { Name = "t", Timeout = Hours(1), Handler = (int n, TaskContext c) => runs.Add(c, n) });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await queue.AddAsync(task.WithArgs(9).WithDelay(Hours(1)), Token);
        await runs.WaitAsync(1);
        await SettleAsync();

        await AtOnceAsync(factory.DisposeAsync().AsTask(), "the dispose");

        await EventuallyAsync(() => clock!.TimerCount == 0, "no timer is left");
    }

    /// <summary>Where a store counts a release, it counts it as a lost lease: no more than once, so that it never makes a suspect.</summary>
    private void AssertUncounted(TaskQueue queue, Recorder runs)
    {
        int most = Backend(queue).Capabilities.UncountedRelease ? 1 : Fixture.CountsOneRelease ? 2 : int.MaxValue;
        Assert.All(runs.Runs, run => Assert.InRange(run.Attempt, 1, most));
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs, Gate Gate) StartHeld(Action<QueueOptions>? configure = null)
    {
        var queue = Queue(configure);
        var runs = NewRecorder();
        var gate = NewGate();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            runs.Add(c, n);
            await gate.WaitAsync(c.CancellationToken);
        });
        return (queue, task, runs, gate);
    }
}
