namespace TaskQ.Conformance;

/// <summary>Workers, pauses, hooks and services of a consumer.</summary>
public abstract class Consuming(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task MaxWorkers_ThroughShrinkAndGrow_IsNeverExceeded()
    {
        // D32: 21 ran at once at a maximum of 6, with jobs of mixed length.
        Require(Fixture.HasFakeClock, "Scaling takes too long by a real clock.");
        var queue = Queue(options => (options.MinWorkers, options.MaxWorkers) = (1, 6));
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            using (runs.Enter(c, n))
            {
                await Task.Delay(n % 10 == 0 ? Sec(20) : Ms(50), Clock, c.CancellationToken);
            }
        });
        await queue.StartAsync(Token);
        var added = 0;
        for (var burst = 0; burst < 3; burst++)
        {
            await queue.AddRangeAsync(Enumerable.Range(added, 60).Select(n => task.WithArgs(n)), Token);
            added += 60;
            await AdvanceUntilAsync(
                () =>
                {
                    Assert.InRange(queue.Consumer.Stats.Workers, 0, 6);
                    return runs.Count == added;
                },
                Min(5),
                "all messages run",
                Sec(1));
            await AdvanceAsync(Min(1), Sec(2));
        }

        await EmptyAsync(queue);
        Assert.InRange(runs.MostAtOnce, 2, 6);
        Assert.Equal(added, runs.Count);
    }

    [Fact]
    public async Task MinWorkersEqualsMaxWorkers_RunsExactlyThatMany()
    {
        var (queue, task, runs, gate) = StartHeld(options => options.MinWorkers = options.MaxWorkers = 5);
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 30).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(5);
        await AdvanceAsync(Sec(5), Ms(500));
        Assert.Equal((5, 5), (runs.Count, queue.Consumer.Stats.Workers));

        gate.Open();

        await runs.WaitAsync(30);
        await EmptyAsync(queue);
        Assert.Equal(5, runs.MostAtOnce);
    }

    [Fact]
    public async Task Prefetch_HandlersHang_AnotherProcessGetsTheRest()
    {
        // D47: one consumer held what others could have run.
        var (queue, task, held, _) = StartHeld(options => options.MinWorkers = options.MaxWorkers = 1);
        await queue.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(n)), Token);
        await queue.StartAsync(Token);
        await held.WaitAsync(1);
        await SettleAsync();

        var other = OtherProcess(queue);
        var runs = NewRecorder();
        other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await other.StartAsync(Token);

        // But the one that runs, and one that is ready to be next.
        await EventuallyAsync(() => runs.Count >= 38, "the other one has run the rest");
        Assert.Equal(1, held.Count);
    }

    [Fact]
    public async Task Prefetch_HandlersBecomeSlow_WhatWaitsForABeatIsGivenBack()
    {
        Require(Fixture.HasFakeClock, "It takes two thirds of a lease.");
        var queue = Queue(options => options.MinWorkers = options.MaxWorkers = 1);
        Require(Backend(queue).Capabilities.UncountedRelease, "What is given back counts as an attempt there.");
        var (held, runs, gate) = (NewRecorder(), NewRecorder(), NewGate());
        var task = queue.RegisterTask("t", async (int n, TaskContext c) =>
        {
            held.Add(c, n);
            await (n < 20 ? Task.CompletedTask : gate.WaitAsync(c.CancellationToken));
        });
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await held.WaitAsync(20);
        await queue.AddRangeAsync(Enumerable.Range(20, 40).Select(n => task.WithArgs(n)), Token);
        await held.WaitAsync(21);
        await SettleAsync();
        var other = OtherProcess(queue);
        other.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        await other.StartAsync(Token);

        await AdvanceUntilAsync(() => runs.Count >= 38, queue.Options.LeaseDuration, "the other one has run what was given back", Sec(1));

        Assert.Equal(21, held.Count);
    }

    [Fact]
    public async Task HandlersThatNeverReturn_BacklogWaiting_OthersStillRun()
    {
        // D41, D42, R7: it must never be stuck with one worker.
        Require(Fixture.HasFakeClock, "Scaling takes too long by a real clock.");
        var (queue, task, runs, _) = StartHeld(options => (options.MinWorkers, options.MaxWorkers) = (1, 16));
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 100).Select(n => task.WithArgs(n)), Token);

        await AdvanceUntilAsync(() => runs.Running == 16, Min(1), "it grows on waiting time alone", Ms(250));

        Assert.Equal(16, runs.MostAtOnce);
    }

    [Fact]
    public async Task PauseErrorsThreshold_Reached_PausesUntilItsDurationIsOver()
    {
        var (queue, runs, fail, task) = StartFailing();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await EventuallyAsync(() => queue.Consumer.Stats.Paused, "it is paused");
        await SettleAsync();
        var paused = Now;

        // What was on its way may still run; a success would end the pause.
        await AdvanceAsync(Sec(8), Sec(1));
        var before = runs.Count;
        Assert.InRange(before, 3, 3 + 3);
        fail(false);
        await AdvanceUntilAsync(() => runs.Count > before, Sec(4), "it goes on", Ms(100));

        // By a real clock, the settling above was part of the pause.
        AssertBetween(runs.Runs[before].At - paused, Sec(10) - Ms(Fixture.HasFakeClock ? 1 : 200), Sec(10), Ms(300));
        await AdvanceUntilAsync(() => runs.Count == 20, Sec(10), "all messages run");
        Assert.False(queue.Consumer.Stats.Paused);
    }

    [Fact]
    public async Task PauseErrorsThreshold_SuccessBetween_ClearsTheCount()
    {
        var (queue, runs, _, task) = StartFailing();
        await queue.StartAsync(Token);
        for (var n = 0; n < 12; n++)
        {
            // Every third one succeeds, so never three fail in a row.
            await queue.AddAsync(task.WithArgs(n % 3 == 2 ? 1000 : n), Token);
            await runs.WaitAsync(n + 1);
            await EmptyAsync(queue);
        }

        Assert.False(queue.Consumer.Stats.Paused);
        Assert.Equal(12, runs.Count);
    }

    [Fact]
    public async Task PauseErrorsThreshold_SuccessAfterAPause_ClearsTheCount()
    {
        var (queue, runs, fail, task) = StartFailing();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(n => task.WithArgs(n)), Token);
        await EventuallyAsync(() => queue.Consumer.Stats.Paused, "it is paused");
        fail(false);
        await queue.AddAsync(task.WithArgs(3), Token);
        await AdvanceUntilAsync(() => runs.Count == 4, Sec(15), "the success runs");
        await EmptyAsync(queue);
        fail(true);

        await queue.AddRangeAsync(Enumerable.Range(4, 2).Select(n => task.WithArgs(n)), Token);

        await runs.WaitAsync(6);
        await EmptyAsync(queue);
        Assert.False(queue.Consumer.Stats.Paused);
    }

    [Fact]
    public async Task Consumer_AskedForByManyThreads_IsOne()
    {
        // D38: it was created lazily, without a lock.
        var queue = Queue();

        var consumers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => queue.Consumer, Token)));

        Assert.Single(consumers.Distinct());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_AddsManyToItsOwnQueue_DoesNotDeadlock(bool blocking)
    {
        // D23: with default options, 20 of them were enough to hang the original for ever.
        var queue = Factory.RegisterQueue(new QueueOptions { Name = UniqueName(), TimeProvider = Clock });
        var runs = NewRecorder();
        var child = queue.RegisterTask("child", (int n, TaskContext c) => runs.Add(c, n));
        var parent = queue.RegisterTask("parent", async () =>
        {
            for (var n = 0; n < 100; n++)
            {
                if (blocking)
                {
                    queue.Add(child.WithArgs(n));
                }
                else
                {
                    await queue.AddAsync(child.WithArgs(n), Token);
                }
            }
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(parent.WithArgs(), Token);

        await AdvanceUntilAsync(() => runs.Count == 100, Sec(10), "all children run");
        await EmptyAsync(queue);
        Assert.Equal(101, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task NullArguments_Arrive()
    {
        // D25: a null killed the process.
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (string? a, int? b, object? c, int[]? d) => runs.Add((a, b, c, d)));
        var one = queue.RegisterTask("one", (string? a) => runs.Add(a ?? "null"));
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(null, null, null, null), Token);
        await runs.WaitAsync(1);
        await queue.AddAsync(one.WithArgs((object?)null), Token);
        await runs.WaitAsync(2);

        Assert.Equal(((string?)null, (int?)null, (object?)null, (int[]?)null), runs.Runs[0].Value);
        Assert.Equal("null", runs.Runs[1].Value);
        await EmptyAsync(queue);
        Assert.ThrowsAny<ArgumentException>(() => queue.RegisterTask("n", (int _) => { }).WithArgs((object?)null));
    }

    [Fact]
    public async Task Hooks_WrapTheHandler_InTheOrderOfRegistration()
    {
        var queue = Queue();
        var order = new List<string>();
        queue.Consumer.AddHook(new Hook(async (c, next) =>
        {
            order.Add("a+");
            c.Items["shared"] = 1;
            await next(c);
            order.Add("a-");
        }));
        queue.Consumer.AddHook(new Hook(async (c, next) =>
        {
            order.Add("b+" + c.Items["shared"]);
            await next(c);
            order.Add("b-");
        }));
        var task = queue.RegisterTask("t", (TaskContext c) => order.Add("handler" + c.Items["shared"]));
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await EmptyAsync(queue);
        Assert.Equal(["a+", "b+1", "handler1", "b-", "a-"], order);
        Assert.Throws<InvalidOperationException>(() => queue.Consumer.AddHook(new Hook((c, next) => next(c))));
    }

    [Fact]
    public async Task Hook_ReturnsWithoutCallingNext_CompletesTheMessage()
    {
        var (queue, runs) = WithHook((_, _) => Task.CompletedTask, fails: true);
        await queue.StartAsync(Token);

        await queue.AddAsync(queue.Tasks["t"].WithArgs(), Token);

        await CountsAsync(queue);
        Assert.Equal((0, 1), (runs.Count, queue.Consumer.Stats.Processed));
    }

    [Fact]
    public async Task Hook_SwallowsTheHandlersError_CompletesTheMessage()
    {
        var (queue, runs) = WithHook(
            async (c, next) =>
            {
                try
                {
                    await next(c);
                }
                catch (InvalidOperationException)
                {
                    c.Items["seen"] = true;
                }
            },
            fails: true);
        await queue.StartAsync(Token);

        await queue.AddAsync(queue.Tasks["t"].WithArgs(), Token);

        await CountsAsync(queue);
        Assert.Equal((1, 1), (runs.Count, queue.Consumer.Stats.Processed));
    }

    [Fact]
    public async Task Hook_ThrowsBeforeTheHandler_TheMessageIsRetried()
    {
        // D19: it was a permanent failure.
        var calls = 0;
        var (queue, runs) = WithHook((c, next) => calls++ == 0 ? throw new InvalidOperationException("hook") : next(c));
        await queue.StartAsync(Token);

        await queue.AddAsync(queue.Tasks["t"].WithArgs(), Token);

        await runs.WaitAsync(1);
        await CountsAsync(queue);
        Assert.Equal(2, runs.Runs[0].Attempt);
        Assert.Equal((1, 1), (queue.Consumer.Stats.Processed, queue.Consumer.Stats.Retries));
    }

    [Fact]
    public async Task Hook_ThrowsAfterASuccess_DoesNotUndoIt()
    {
        // D19: the original then ran the fallback of a job that had succeeded.
        var (queue, runs) = WithHook(async (c, next) =>
        {
            await next(c);
            throw new InvalidOperationException("hook");
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(queue.Tasks["t"].WithArgs(), Token);

        await runs.WaitAsync(1);
        await CountsAsync(queue);
        Assert.Equal(1, runs.Count);
        var stats = queue.Consumer.Stats;
        Assert.Equal((1, 0, 0), (stats.Processed, stats.Retries, stats.Failures));
    }

    [Fact]
    public async Task Services_OfEachMessage_AreScopedAndDisposedAsync()
    {
        var services = new ScopedServices();
        var queue = Queue(options => options.Services = services);
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", async (int n, [Inject] Scoped scoped, TaskContext c) =>
        {
            await Task.Yield();
            runs.Add(c, (scoped, scoped.IsDisposed, ReferenceEquals(scoped, c.Services.GetService(typeof(Scoped)))));
            if (n == 0)
            {
                throw new SkipRetryException("no");
            }
        });
        await queue.StartAsync(Token);

        await queue.AddRangeAsync(Enumerable.Range(0, 5).Select(n => task.WithArgs(n)), Token);

        await runs.WaitAsync(5);
        await CountsAsync(queue, dead: 1);
        var values = runs.Runs.Select(run => ((Scoped Scoped, bool Disposed, bool Same))run.Value!).ToArray();
        Assert.Equal(5, values.Select(value => value.Scoped).Distinct().Count());
        Assert.All(values, value => Assert.Equal((false, true), (value.Disposed, value.Same)));
        await EventuallyAsync(() => values.All(value => value.Scoped.IsDisposed), "all scopes are disposed");
        Assert.Equal(services.Opened, services.Disposed);
    }

    [Fact]
    public async Task Services_Missing_IsAFailureThatNamesThem()
    {
        var queue = Queue();
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 1, Handler = ([Inject] Scoped _) => { } });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await CountsAsync(queue, dead: 1);
        Assert.Contains(nameof(Scoped), Assert.Single(await queue.PeekDeadAsync(1, Token)).ErrorMessage!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProcessAllAsync_NotStarted_RunsAllThatIsReadyAndStopsAgain()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = async (int n, TaskContext c) =>
            {
                await Task.Yield();
                runs.Add(c, n);
                if (n % 10 == 0 && c.Attempt == 1)
                {
                    throw new InvalidOperationException("once");
                }
            },
        });
        await queue.AddRangeAsync(Enumerable.Range(0, 50).Select(n => task.WithArgs(n)), Token);
        await queue.AddAsync(task.WithArgs(99).WithDelay(Hours(1)), Token);

        await AtOnceAsync(queue.Consumer.ProcessAllAsync(Token), "the queue is processed");

        Assert.Equal(55, runs.Count);
        await CountsAsync(queue, delayed: 1);
        Assert.Equal(0, queue.Consumer.Stats.Workers);
        await queue.AddAsync(task.WithArgs(1), Token);
        await SettleAsync();
        Assert.Equal(55, runs.Count);
        await AtOnceAsync(queue.Consumer.ProcessAllAsync(Token), "the queue is processed again");
        Assert.Equal(56, runs.Count);
        await AtOnceAsync(queue.Consumer.ProcessAllAsync(Token), "an empty queue is processed");
    }

    [Fact]
    public async Task ProcessAllAsync_Started_LeavesItRunning()
    {
        var (queue, task, runs, gate) = StartHeld();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 10).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(4);
        var all = queue.Consumer.ProcessAllAsync(Token);
        await SettleAsync();
        Assert.False(all.IsCompleted);

        gate.Open();

        await AtOnceAsync(all, "the queue is processed");
        Assert.Equal(10, runs.Count);
        await queue.AddAsync(task.WithArgs(11), Token);
        await runs.WaitAsync(11);
    }

    [Fact]
    public async Task ProcessAllAsync_Cancelled_EndsTheWait()
    {
        var (queue, task, runs, _) = StartHeld();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await runs.WaitAsync(1);
        using var cancel = new CancellationTokenSource();
        var all = queue.Consumer.ProcessAllAsync(cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AtOnceAsync(all, "the wait ends"));
    }

    [Fact]
    public async Task Stats_ThroughItsLife_AreRight()
    {
        var (queue, task, runs, gate) = StartHeld(options => (options.MinWorkers, options.MaxWorkers, options.FetchBatchSize) = (2, 2, 10));
        var fails = queue.RegisterTask("fails", void () => throw new SkipRetryException("no"));
        Assert.Equal((0, 0, 0L), (queue.Consumer.Stats.Workers, queue.Consumer.Stats.InFlight, queue.Consumer.Stats.Processed));
        await queue.StartAsync(Token);
        await queue.AddAsync(fails.WithArgs(), Token);
        await CountsAsync(queue, dead: 1);
        await queue.AddRangeAsync(Enumerable.Range(0, 8).Select(n => task.WithArgs(n)), Token);
        await runs.WaitAsync(2);
        await SettleAsync();

        var busy = queue.Consumer.Stats;
        Assert.Equal((2, 2, 1L), (busy.Workers, busy.InFlight, busy.Failures));
        Assert.InRange(busy.Fetchers, 1, queue.Options.MaxFetchers);
        Assert.InRange(busy.Buffered, 0, busy.BufferSize);
        await AdvanceAsync(Sec(2));
        gate.Open();

        await EmptyAsync(queue);
        await EventuallyAsync(() => queue.Consumer.Stats is { InFlight: 0, Buffered: 0, Processed: 8 }, "all have ended");
        Assert.InRange(queue.Consumer.Stats.AverageDuration, Ms(1), Sec(5));
        Assert.Equal((0, 1), (queue.Consumer.Stats.Retries, queue.Consumer.Stats.Failures));
    }

    private (TaskQueue Queue, TaskDefinition Task, Recorder Runs, Gate Gate) StartHeld(Action<QueueOptions>? configure = null)
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

    // One worker that prefetches as little as it can; what is 1000 and more never fails.
    private (TaskQueue Queue, Recorder Runs, Action<bool> Fail, TaskDefinition Task) StartFailing()
    {
        var queue = Queue(options =>
        {
            options.MinWorkers = options.MaxWorkers = 1;
            options.MaxFetchers = 1;
            options.FetchBatchSize = 1;
            options.BufferSize = 1;
            options.PauseErrorsThreshold = 3;
            options.PauseDuration = Sec(10);
        });
        var runs = NewRecorder();
        var failing = true;
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 1,
            Handler = (int n, TaskContext c) =>
            {
                runs.Add(c, n);
                if (n < 1000 && Volatile.Read(ref failing))
                {
                    throw new InvalidOperationException("boom");
                }
            },
        });
        return (queue, runs, fail => Volatile.Write(ref failing, fail), task);
    }

    private (TaskQueue Queue, Recorder Runs) WithHook(Func<TaskContext, TaskDelegate, Task> hook, bool fails = false)
    {
        var queue = Queue();
        var runs = NewRecorder();
        queue.Consumer.AddHook(new Hook(hook));
        queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 2,
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = (TaskContext c) =>
            {
                runs.Add(c);
                if (fails)
                {
                    throw new InvalidOperationException("handler");
                }
            },
        });
        return (queue, runs);
    }

    private sealed class Hook(Func<TaskContext, TaskDelegate, Task> invoke) : IConsumerHook
    {
        public Task InvokeAsync(TaskContext context, TaskDelegate next) => invoke(context, next);
    }
}
