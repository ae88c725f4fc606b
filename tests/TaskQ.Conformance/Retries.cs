namespace TaskQ.Conformance;

/// <summary>What fails is tried again, at the right time and not for ever, and then falls back.</summary>
public abstract class Retries(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task Backoff_EachRetry_WaitsWithinItsWindow()
    {
        Require(Fixture.HasFakeClock, "The waits are too long for a real clock.");
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(Failing(runs, options => (options.RetryLimit, options.MinBackoff, options.MaxBackoff) = (7, Sec(1), Sec(10))));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);

        await AdvanceUntilAsync(() => runs.Count == 7, Sec(60), "all attempts run", Ms(400));

        var at = runs.Runs.Select(run => run.At).ToArray();
        for (var k = 1; k < 7; k++)
        {
            var b = Math.Min(10, Math.Pow(2, k));

            // A thread that a busy machine holds up lets some steps go by; BackoffTests are exact.
            AssertBetween(at[k] - at[k - 1], Sec(Math.Max(1, b / 2)), Sec(b), 5 * Ms(400));
        }
    }

    [Fact]
    public async Task Backoff_DefaultsThroughAllAttempts_StaysWithinItsBounds()
    {
        Require(Backend(Queue()).Capabilities.Lookup, "The store can't find single messages.");
        // D29: the original's backoff overflowed from attempt 30 on.
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(Failing(runs));
        await queue.StartAsync(Token);
        var id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        for (var attempt = 1; attempt < 64; attempt++)
        {
            await runs.WaitAsync(attempt);
            var waiting = await DelayedAsync(queue, id);
            var b = Math.Min(30, 0.5 * Math.Pow(2, attempt));
            Assert.InRange(waiting.DueAt - runs.Runs[^1].At, Min(Math.Max(0.5, b / 2)) - Fixture.Tolerance, Min(b) + Fixture.Tolerance);
            Assert.True(await queue.RescheduleAsync(id, Now, Token));
        }

        await CountsAsync(queue, dead: 1);
        Assert.Equal(64, runs.Count);
        Assert.Equal(Enumerable.Range(1, 64), runs.Runs.Select(run => run.Attempt));
    }

    [Fact]
    public async Task Backoff_ManyFailuresAtOnce_AreSpread()
    {
        Require(Backend(Queue()).Capabilities.Lookup, "The store can't find single messages.");
        // R36: retries must not come back in step.
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(Failing(runs, options => options.MinBackoff = Sec(100)));
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, 50).Select(n => task.WithArgs(n)), Token);
        await CountsAsync(queue, delayed: 50);

        var due = (await queue.ListAsync(new MessageFilter { State = MessageState.Delayed }, 100, Token)).Select(m => m.DueAt).ToArray();

        Assert.Equal(50, due.Length);
        Assert.True(due.Max() - due.Min() > Sec(40), "50 retries fall into less than half of their window");
        Assert.True(due.Max() - due.Min() <= Sec(100) + Fixture.Tolerance, "retries leave their window");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task RetryLimit_CountsAttempts_ThenTheMessageIsDead(int limit)
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(Failing(runs, options =>
        {
            options.RetryLimit = limit;
            options.RetryDelay = static _ => TimeSpan.Zero;
        }));
        await queue.StartAsync(Token);

        var id = (await queue.AddAsync(task.WithArgs(1).WithHeader("k", "v"), Token)).Id;

        await CountsAsync(queue, dead: 1);
        Assert.Equal(Enumerable.Range(1, limit), runs.Runs.Select(run => run.Attempt));
        Assert.All(runs.Runs, run => Assert.Equal(id, run.Id));
        Assert.Equal(limit - 1, queue.Consumer.Stats.Retries);
        Assert.Equal(1, queue.Consumer.Stats.Failures);
    }

    [Fact]
    public async Task Retry_MessageInTheHandler_IsTheSame()
    {
        // The id is stable, headers, name and the time of the add travel; only the attempt counts up.
        var queue = Queue();
        var seen = new List<(Guid Id, int Attempt, DateTimeOffset At, string Header, string? Name, int Arg)>();
        var done = new TaskCompletionSource();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = (int n, TaskMessage m) =>
            {
                seen.Add((m.Id, m.Attempt, m.EnqueuedAt, m.Headers["k"], m.Name, n));
                if (m.Attempt < 3)
                {
                    throw new InvalidOperationException("again");
                }

                done.TrySetResult();
            },
        });
        await queue.StartAsync(Token);
        Require(Backend(queue).Capabilities.Names, "The store keeps no names.");
        var message = task.WithArgs(5).WithHeader("k", "v").WithName("n");

        await queue.AddAsync(message, Token);

        await AtOnceAsync(done.Task, "the third attempt succeeds");
        Assert.Equal([1, 2, 3], seen.Select(s => s.Attempt));
        Assert.All(seen, s => Assert.Equal((message.Id, seen[0].At, "v", "n", 5), (s.Id, s.At, s.Header, s.Name, s.Arg)));
        await EmptyAsync(queue);
        var stats = queue.Consumer.Stats;
        Assert.Equal((1, 2, 0), (stats.Processed, stats.Retries, stats.Failures));
    }

    [Fact]
    public async Task DelayedError_WhereverItIsInTheChain_SetsTheDelay()
    {
        Require(Backend(Queue()).Capabilities.Lookup, "The store can't find single messages.");
        // The original looked at the outermost error only.
        Exception[] errors =
        [
            new RetryAfterException(Sec(90), "direct"),
            new InvalidOperationException("outer", new ArgumentException("middle", new RetryAfterException(Sec(90), "inner"))),
            new AggregateException(new InvalidOperationException("other"), new RetryAfterException(Sec(90), "aggregated")),
            new InvalidOperationException("outer", new AggregateException(new InvalidOperationException("x", new OwnDelayedException()))),
        ];
        var queue = Queue();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = void (int n) => throw errors[n],
            RetryDelay = static _ => Sec(1),
        });
        await queue.StartAsync(Token);
        var added = Now;

        await queue.AddRangeAsync(Enumerable.Range(0, errors.Length).Select(n => task.WithArgs(n)), Token);

        await CountsAsync(queue, delayed: errors.Length);
        var delayed = await queue.ListAsync(new MessageFilter { State = MessageState.Delayed }, 10, Token);
        Assert.All(delayed, m => AssertBetween(m.DueAt - added, Sec(90), Sec(90)));
    }

    [Fact]
    public async Task RetryDelay_OwnPolicy_IsUsedAsGivenAndNullMeansBackoff()
    {
        Require(Backend(Queue()).Capabilities.Lookup, "The store can't find single messages.");
        var queue = Queue();
        var seen = new List<(int Attempt, Guid Id, string Error)>();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = void (int n) => throw new InvalidOperationException("boom " + n),
            RetryDelay = context =>
            {
                lock (seen)
                {
                    seen.Add((context.Attempt, context.Message.Id, context.Error.Message));
                }

                return context.Error.Message == "boom 1" ? Sec(77) : null;
            },
        });
        await queue.StartAsync(Token);
        var added = Now;
        var own = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        var backoff = (await queue.AddAsync(task.WithArgs(2), Token)).Id;

        AssertBetween((await DelayedAsync(queue, own)).DueAt - added, Sec(77), Sec(77));
        AssertBetween((await DelayedAsync(queue, backoff)).DueAt - added, Sec(30), Sec(60));
        Assert.Contains((1, own, "boom 1"), seen);
    }

    [Fact]
    public async Task RetryDelay_ThrowsItself_TheMessageIsStillRetried()
    {
        var queue = Queue();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = void () => throw new InvalidOperationException("boom"),
            RetryDelay = static _ => throw new NotSupportedException("policy"),
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await CountsAsync(queue, delayed: 1);
    }

    [Fact]
    public async Task SkipRetryException_FirstAttempt_GoesStraightToTheDeadLetters()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (TaskContext c) =>
        {
            runs.Add(c);
            throw new SkipRetryException("never");
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await CountsAsync(queue, dead: 1);
        var dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal((DeadReason.RetrySkipped, "never", 1), (dead.Reason, dead.ErrorMessage, dead.Attempts));
        Assert.Equal(1, runs.Count);
    }

    [Fact]
    public async Task Timeout_HandlerTakesLonger_CancelsItsTokenAndSaysSo()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Timeout = Sec(2),
            RetryLimit = 1,
            Handler = async (TaskContext c, CancellationToken token) =>
            {
                runs.Add(c);
                await Task.Delay(Timeout.InfiniteTimeSpan, Clock, token);
            },
        });
        await queue.StartAsync(Token);
        var added = Now;
        await queue.AddAsync(task.WithArgs(), Token);
        await runs.WaitAsync(1);

        await AdvanceUntilAsync(async () => (await queue.CountAsync(Token)).Dead == 1, Sec(4), "the attempt times out");

        var dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Contains("time", dead.ErrorMessage!, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((DeadReason.RetriesExhausted, 1), (dead.Reason, dead.Attempts));
        AssertTimer(dead.DiedAt - added, Sec(2), Ms(200));
    }

    [Fact]
    public async Task Timeout_HandlerEndsLate_HasOneResult()
    {
        // M4: one result each, whatever a handler does with its token.
        var queue = Queue();
        var gate = NewGate();
        var runs = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Timeout = Sec(1),
            RetryLimit = 1,
            Handler = async (TaskContext c) =>
            {
                runs.Add(c);
                await gate.WaitAsync();
            },
        });
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(), Token);
        await runs.WaitAsync(1);
        await AdvanceAsync(Sec(3));

        gate.Open();

        await EmptyAsync(queue);
        await EventuallyAsync(() => queue.Consumer.Stats is { Processed: var p, Failures: var f } && p + f == 1, "there is one result");
        Assert.Equal(1, runs.Count);
        Assert.Equal(0, queue.Consumer.Stats.Retries);
    }

    [Fact]
    public async Task Handler_FailsInWhateverWay_IsAFailureAndNoSuccess()
    {
        // D10: a caught panic counted as a success. M4: thrown at once, thrown later, cancelled by something else.
        var queue = Queue();
        using var foreign = new CancellationTokenSource();
        await foreign.CancelAsync();
        Func<Task>[] failures =
        [
            () => throw new InvalidOperationException("sync"),
            async () => { await Task.Yield(); throw new InvalidOperationException("async"); },
            () => throw new OperationCanceledException(foreign.Token),
            () => Task.FromCanceled(foreign.Token),
            () => Task.FromException(new TaskCanceledException("cancelled")),
            () => throw new AggregateException(new InvalidOperationException("a"), new IOException("b")),
            () => throw new InvalidOperationException(new string('x', 100_000) + "\r\n\u001b[31m<script>"),
            () => null!,
        ];
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 1, Handler = (int n) => failures[n]() });
        var good = queue.RegisterTask("good", () => { });
        await queue.StartAsync(Token);

        // The last one returns no task at all; what that is may differ, but it must end.
        var thrown = failures.Length - 1;
        await queue.AddRangeAsync(Enumerable.Range(0, failures.Length).Select(n => task.WithArgs(n)), Token);
        await queue.AddAsync(good.WithArgs(), Token);

        await EmptyAsync(queue);
        await EventuallyAsync(() => queue.Consumer.Stats is { Processed: var p, Failures: var f } && p + f == failures.Length + 1, "all have ended");
        Assert.True(queue.Consumer.Stats.Failures >= thrown, $"{queue.Consumer.Stats.Failures} failures of {thrown}");
        Assert.True(queue.Consumer.Stats.Processed >= 1, "the good one succeeded");
        Assert.All(await queue.PeekDeadAsync(100, Token), dead => Assert.True((dead.ErrorMessage?.Length ?? 0) <= 1024));
    }

    [Fact]
    public async Task Handler_ErrorWhoseTextFails_IsAFailureLikeAnyOther()
    {
        // Whatever a handler throws, its message ends and its worker goes on.
        var queue = Queue(options => options.MinWorkers = options.MaxWorkers = 1);
        var task = queue.RegisterTask(new TaskOptions { Name = "t", RetryLimit = 1, Handler = void () => throw new HostileException() });
        var good = queue.RegisterTask("good", () => { });
        await queue.StartAsync(Token);

        await queue.AddRangeAsync([task.WithArgs(), good.WithArgs()], Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(1, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task Fallback_AfterTheLastAttempt_TakesTheSameArgumentsAndTheError()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var fallbacks = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 2,
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = (string a, int b, TaskContext c) =>
            {
                runs.Add(c);
                throw new InvalidOperationException("boom " + c.Attempt);
            },
            FallbackHandler = (string a, int b, Exception error, TaskMessage m) => fallbacks.Add((a, b, error.GetType().Name, error.Message, m.Id)),
        });
        await queue.StartAsync(Token);

        var id = (await queue.AddAsync(task.WithArgs("x", 7), Token)).Id;

        await fallbacks.WaitAsync(1);
        await CountsAsync(queue);
        Assert.Equal(("x", 7, nameof(InvalidOperationException), "boom 2", id), Assert.Single(fallbacks.Runs).Value);
        Assert.Equal(2, runs.Count);
        Assert.Equal((0, 1), (queue.Consumer.Stats.Processed, queue.Consumer.Stats.Failures));
    }

    [Fact]
    public async Task Fallback_WithoutArguments_RunsAfterASkippedRetry()
    {
        var queue = Queue();
        var fallbacks = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = void (string _) => throw new SkipRetryException("no"),
            FallbackHandler = async (Exception error) =>
            {
                await Task.Yield();
                fallbacks.Add(error.Message);
            },
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs("x"), Token);

        await fallbacks.WaitAsync(1);
        await CountsAsync(queue);
        Assert.Equal("no", fallbacks.Runs[0].Value);
    }

    [Fact]
    public async Task Fallback_FailsItself_TheMessageIsDeadWithTheHandlersError()
    {
        var queue = Queue();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 1,
            Handler = void () => throw new InvalidOperationException("handler"),
            FallbackHandler = void () => throw new NotSupportedException("fallback"),
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(DeadReason.RetriesExhausted, Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
    }

    [Fact]
    public async Task DeadLetterAfterFallback_FallbackSucceeded_TheMessageIsKeptAllTheSame()
    {
        var queue = Queue();
        var fallbacks = NewRecorder();
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 1,
            DeadLetterAfterFallback = true,
            Handler = void () => throw new InvalidOperationException("handler"),
            FallbackHandler = () => fallbacks.Add("fallback"),
        });
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(), Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(1, fallbacks.Count);
        Assert.Equal("handler", Assert.Single(await queue.PeekDeadAsync(10, Token)).ErrorMessage);
    }

    [Fact]
    public async Task RetryLimit_ConsumerRestartedBetween_GoesOnCounting()
    {
        Require(Fixture.WaitsAside, "What waits for its retry counts as in flight.");
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask(Failing(runs, options => (options.RetryLimit, options.RetryDelay) = (2, static _ => Sec(1))));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(1), Token);
        await CountsAsync(queue, delayed: 1);
        await StopAsync(queue);
        await AdvanceAsync(Sec(2));

        await queue.StartAsync(Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal([1, 2], runs.Runs.Select(run => run.Attempt));
    }

    private static TaskOptions Failing(Recorder runs, Action<TaskOptions>? configure = null)
    {
        var options = new TaskOptions
        {
            Name = "t",
            Handler = (int n, TaskContext c) =>
            {
                runs.Add(c, n);
                throw new InvalidOperationException("boom");
            },
        };
        configure?.Invoke(options);
        return options;
    }

    private async Task<MessageInfo> DelayedAsync(TaskQueue queue, Guid id)
    {
        MessageInfo? found = null;
        await EventuallyAsync(
            async () => (found = await queue.GetAsync(id, Token)) is { State: MessageState.Delayed },
            "the message waits for its retry");
        return found!;
    }

    private sealed class OwnDelayedException : Exception, IDelayedError
    {
        public TimeSpan Delay => Sec(90);
    }

    private sealed class HostileException : Exception
    {
        public override string Message => throw new InvalidOperationException("even the message fails");
    }
}
