using TaskQ.Add.Encode;
using TaskQ.Backend;

namespace TaskQ.Conformance;

/// <summary>What can't be done is kept, with the reason, and can be brought back. D17: the original deleted it.</summary>
public abstract class DeadLetters(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Fact]
    public async Task Dead_RetriesExhausted_SaysWhyWhenAndHowOften()
    {
        var (queue, task) = Start(limit: 2);
        await queue.StartAsync(Token);
        var before = Now;

        var message = task.WithArgs("boom").WithHeader("k", "v");
        await queue.AddAsync(message, Token);

        await CountsAsync(queue, dead: 1);
        var dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal(DeadReason.RetriesExhausted, dead.Reason);
        Assert.Equal(typeof(InvalidOperationException).FullName, dead.ErrorType);
        Assert.Equal("boom", dead.ErrorMessage);
        Assert.Equal(2, dead.Attempts);
        Assert.InRange(dead.DiedAt, before - Fixture.Tolerance, Now + Fixture.Tolerance);
        Assert.Equal((message.Id, "t", "v"), (dead.Message.Id, dead.Message.TaskName, dead.Message.Headers["k"]));
        Assert.Equal(dead.Message.Id, (await queue.PeekDeadAsync(message.Id, Token))!.Message.Id);
        Assert.Null(await queue.PeekDeadAsync(Guid.NewGuid(), Token));
    }

    [Fact]
    public async Task Dead_LongErrorMessage_IsCut()
    {
        var (queue, task) = Start();
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(new string('x', 5000)), Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(1024, Assert.Single(await queue.PeekDeadAsync(1, Token)).ErrorMessage!.Length);
    }

    [Fact]
    public async Task PeekDeadAsync_Several_OldestFirstUpToMax()
    {
        var (queue, task) = Start();
        await queue.StartAsync(Token);
        for (var n = 1; n <= 5; n++)
        {
            await queue.AddAsync(task.WithArgs("e" + n), Token);
            await CountsAsync(queue, dead: n);
            await AdvanceAsync(Ms(20));
        }

        Assert.Equal(["e1", "e2", "e3"], (await queue.PeekDeadAsync(3, Token)).Select(dead => dead.ErrorMessage));
        Assert.Equal(5, (await queue.PeekDeadAsync(100, Token)).Count);
        await CountsAsync(queue, dead: 5);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.PeekDeadAsync(0, Token));
    }

    [Fact]
    public async Task RequeueDeadAsync_ById_RunsAgainWithTheSameIdAndAttemptsAnew()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var healthy = false;
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 2,
            RetryDelay = static _ => TimeSpan.Zero,
            Handler = (int n, TaskContext c) =>
            {
                runs.Add(c, n);
                if (!Volatile.Read(ref healthy))
                {
                    throw new InvalidOperationException("boom");
                }
            },
        });
        await queue.StartAsync(Token);
        var id = (await queue.AddAsync(task.WithArgs(5), Token)).Id;
        await CountsAsync(queue, dead: 1);

        await AdvanceAsync(Ms(20));

        // Still sick: it has both its attempts again, then dies again; later, as no clock of a store stands still.
        Assert.True(await queue.RequeueDeadAsync(id, Token));
        await runs.WaitAsync(4);
        await CountsAsync(queue, dead: 1);
        Assert.Equal(2, Assert.Single(await queue.PeekDeadAsync(1, Token)).Attempts);
        Volatile.Write(ref healthy, true);

        Assert.True(await queue.RequeueDeadAsync(id, Token));

        await runs.WaitAsync(5);
        await CountsAsync(queue);
        Assert.Equal([1, 2, 1, 2, 1], runs.Runs.Select(run => run.Attempt));
        Assert.All(runs.Runs, run => Assert.Equal((id, 5), (run.Id, run.Value)));
        Assert.False(await queue.RequeueDeadAsync(id, Token));
    }

    [Fact]
    public async Task RequeueDeadAsync_Max_TakesTheOldest()
    {
        var (queue, task) = Start();
        await queue.StartAsync(Token);
        for (var n = 1; n <= 4; n++)
        {
            await queue.AddAsync(task.WithArgs("e" + n), Token);
            await CountsAsync(queue, dead: n);
            await AdvanceAsync(Ms(20));
        }

        await StopAsync(queue);

        Assert.Equal(3, await queue.RequeueDeadAsync(3, Token));
        await CountsAsync(queue, ready: 3, dead: 1);
        Assert.Equal("e4", Assert.Single(await queue.PeekDeadAsync(10, Token)).ErrorMessage);
        Assert.Equal(1, await queue.RequeueDeadAsync(100, Token));
        Assert.Equal(0, await queue.RequeueDeadAsync(100, Token));
        await CountsAsync(queue, ready: 4);
        Assert.All(
            (await FetchAsync(queue)).Deliveries,
            delivery => Assert.Equal((1, 0), (Fixture.CountsOneRelease ? delivery.Attempt : 1, delivery.Crashes)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.RequeueDeadAsync(0, Token));
    }

    [Fact]
    public async Task DeleteDeadAsync_ById_RemovesThatOne()
    {
        var (queue, task) = Start();
        await queue.StartAsync(Token);
        var results = await queue.AddRangeAsync([task.WithArgs("a"), task.WithArgs("b")], Token);
        await CountsAsync(queue, dead: 2);

        Assert.True(await queue.DeleteDeadAsync(results[0].Id, Token));
        Assert.False(await queue.DeleteDeadAsync(results[0].Id, Token));

        await CountsAsync(queue, dead: 1);
        Assert.Equal(results[1].Id, Assert.Single(await queue.PeekDeadAsync(10, Token)).Message.Id);
    }

    [Fact]
    public async Task PurgeDeadAsync_RemovesDeadLettersOnly()
    {
        var (queue, task) = Start();
        await queue.StartAsync(Token);
        await queue.AddRangeAsync([task.WithArgs("a"), task.WithArgs("b"), task.WithArgs("c").WithDelay(Hours(1))], Token);
        await CountsAsync(queue, delayed: 1, dead: 2);

        await queue.PurgeDeadAsync(Token);

        await CountsAsync(queue, delayed: 1);
        Assert.Empty(await queue.PeekDeadAsync(10, Token));
    }

    [Fact]
    public async Task DeadLetterRetention_Over_TheyAreGone()
    {
        var queue = Queue(options => options.DeadLetterRetention = Hours(24));
        var task = queue.RegisterTask(Failing(1));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs("old"), Token);
        await CountsAsync(queue, dead: 1);
        await StopAsync(queue);
        await AdvanceAsync(Hours(23), Hours(23));
        Assert.Single(await queue.PeekDeadAsync(10, Token));
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs("young"), Token);
        await CountsAsync(queue, dead: 2);
        await StopAsync(queue);

        await AdvanceAsync(Hours(2), Hours(2));

        Assert.Equal("young", Assert.Single(await queue.PeekDeadAsync(10, Token)).ErrorMessage);
        await CountsAsync(queue, dead: 1);
        Assert.Equal(1, await queue.RequeueDeadAsync(10, Token));
    }

    [Fact]
    public async Task Undecodable_RawBytes_AreDeadAndNeighboursUnaffected()
    {
        // D3, D4, R31: one bad entry stopped the recovery of the whole queue, and was never removed.
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var random = new byte[100];
        new Random(3).NextBytes(random);
        var frame = new FrameCodec(queue.Options).Encode(task.WithArgs(1));
        byte[][] bodies = [[], [0], random, frame[..(frame.Length / 2)], "{\"json\":true}"u8.ToArray(), new byte[100_000]];
        var bad = new List<Guid>();
        for (var n = 0; n < bodies.Length; n++)
        {
            await queue.AddAsync(task.WithArgs(n), Token);
            bad.Add(await AddRawAsync(queue, bodies[n]));
        }

        await queue.StartAsync(Token);

        await runs.WaitAsync(bodies.Length);
        await CountsAsync(queue, dead: bodies.Length);
        Assert.Equal(Enumerable.Range(0, bodies.Length), runs.Runs.Select(run => (int)run.Value!).Order());
        var dead = await queue.PeekDeadAsync(100, Token);
        Assert.All(dead, letter => Assert.Equal(DeadReason.Undecodable, letter.Reason));
        Assert.Equal(bad.Order(), dead.Select(letter => letter.Message.Id).Order());
        if (Backend(queue).Capabilities.Lookup)
        {
            Assert.NotNull(await queue.GetAsync(bad[0], Token));
            Assert.Equal(bodies.Length, (await queue.ListAsync(new MessageFilter(), 100, Token)).Count);
        }
    }

    [Fact]
    public async Task Undecodable_MoreThanABatch_DoesNotHideWhatIsBehind()
    {
        // D3: a full batch of bad ones must not hide the rest.
        var queue = Queue(options => options.FetchBatchSize = 5);
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        for (var n = 0; n < 20; n++)
        {
            await AddRawAsync(queue, [1, 2, 3]);
        }

        await queue.AddAsync(task.WithArgs(1), Token);

        await queue.StartAsync(Token);

        await runs.WaitAsync(1);
        await CountsAsync(queue, dead: 20);
    }

    [Fact]
    public async Task UnknownFrameVersion_IsGivenBackForANewerProcess()
    {
        // R31, rolling deployments: not destroyed, not counted, and not in the way.
        var queue = Queue(options => options.UnknownTask = new TaskOptions { Name = "unknown", RetryLimit = 1 });
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var codec = new FrameCodec(queue.Options);
        var id = await AddRawAsync(queue, OfAnotherVersion(codec, codec.Encode(task.WithArgs(1))));
        await queue.AddAsync(task.WithArgs(2), Token);

        await queue.StartAsync(Token);

        await runs.WaitAsync(1);
        await CountsAsync(queue, delayed: 1);
        await AdvanceAsync(Min(10), Sec(10));
        await SettleAsync();
        Assert.Equal(2, Assert.Single(runs.Runs).Value);
        if (Backend(queue).Capabilities.Lookup)
        {
            var stored = await Backend(queue).GetAsync(id, Token);
            Assert.True(stored is { Attempt: <= 1, State: not MessageState.Dead }, $"it is kept and not counted: {stored}");
        }

        Assert.Equal(0, (await queue.CountAsync(Token)).Dead);
        Assert.Equal(0, queue.Consumer.Stats.Failures);
    }

    [Fact]
    public async Task UnknownTask_AttemptsRunOut_IsDead()
    {
        var (worker, producer) = Unknown(options => (options.RetryLimit, options.MinBackoff, options.MaxBackoff) = (2, Sec(1), Sec(2)));
        var ghost = producer.RegisterTask<int>("ghost");
        await worker.StartAsync(Token);
        var id = (await producer.AddAsync(ghost.WithArgs(1), Token)).Id;
        await CountsAsync(worker, delayed: 1);

        await AdvanceUntilAsync(async () => (await worker.CountAsync(Token)).Dead == 1, Sec(4), "its attempts run out");

        var dead = Assert.Single(await worker.PeekDeadAsync(10, Token));
        Assert.Equal((DeadReason.UnknownTask, 2, id, "ghost"), (dead.Reason, dead.Attempts, dead.Message.Id, dead.Message.TaskName));
        Assert.Contains("ghost", dead.ErrorMessage!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownTask_NewerWorkerComes_RunsIt()
    {
        var (worker, producer) = Unknown();
        var ghost = producer.RegisterTask<int>("ghost");
        var runs = NewRecorder();
        var newer = OtherProcess(worker);
        newer.RegisterTask("ghost", (int n, TaskContext c) => runs.Add(c, n));
        await worker.StartAsync(Token);
        await producer.AddAsync(ghost.WithArgs(9), Token);
        await CountsAsync(worker, delayed: 1);
        await StopAsync(worker);

        await newer.StartAsync(Token);
        await AdvanceUntilAsync(() => runs.Count == 1, Min(2), "the newer worker runs it", Sec(1));

        Assert.Equal((9, 2), (runs.Runs[0].Value, runs.Runs[0].Attempt));
        await EmptyAsync(worker);
    }

    [Fact]
    public async Task BadArguments_Unconvertible_AreDeadAtOnce()
    {
        // A permanent error: no retry, and no crash loop.
        var queue = Queue();
        var runs = NewRecorder();
        queue.RegisterTask("t", (int n, TaskContext c) => runs.Add(c, n));
        var producer = OtherProcess(queue);
        var old = producer.RegisterTask<string>("t");
        await queue.StartAsync(Token);

        await producer.AddAsync(old.WithArgs("no number"), Token);

        await CountsAsync(queue, dead: 1);
        var dead = Assert.Single(await queue.PeekDeadAsync(10, Token));
        Assert.Equal((DeadReason.BadArguments, 1), (dead.Reason, dead.Attempts));
        Assert.Equal(0, runs.Count);
        Assert.Equal((0, 1), (queue.Consumer.Stats.Retries, queue.Consumer.Stats.Failures));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BadArguments_TooManyOrTooFew_AreDeadAtOnce(bool many)
    {
        var queue = Queue();
        var runs = NewRecorder();
        queue.RegisterTask("t", (int a, int b, TaskContext c) => runs.Add(c, a + b));
        var producer = OtherProcess(queue);
        TaskMessage message;
        if (many)
        {
            message = producer.RegisterTask<int, int, int>("t").WithArgs(1, 2, 3);
        }
        else
        {
            message = producer.RegisterTask<int>("t").WithArgs(1);
        }

        await queue.StartAsync(Token);

        await producer.AddAsync(message, Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(DeadReason.BadArguments, Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
        Assert.Equal(0, runs.Count);
    }

    [Fact]
    public async Task BadArguments_WithFallback_RunsItFirst()
    {
        var queue = Queue();
        var fallbacks = NewRecorder();
        queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Handler = (int _) => { },
            FallbackHandler = (Exception error) => fallbacks.Add(error.Message),
            DeadLetterAfterFallback = true,
        });
        var producer = OtherProcess(queue);
        var old = producer.RegisterTask<string>("t");
        await queue.StartAsync(Token);

        await producer.AddAsync(old.WithArgs("no number"), Token);

        await CountsAsync(queue, dead: 1);
        Assert.Equal(1, fallbacks.Count);
        Assert.Equal(DeadReason.BadArguments, Assert.Single(await queue.PeekDeadAsync(10, Token)).Reason);
    }

    private static TaskOptions Failing(int limit) => new()
    {
        Name = "t",
        RetryLimit = limit,
        RetryDelay = static _ => TimeSpan.Zero,
        Handler = void (string text) => throw new InvalidOperationException(text),
    };

    // The first byte whose change makes the codec say "another version", wherever the layout puts it.
    private static byte[] OfAnotherVersion(FrameCodec codec, byte[] frame)
    {
        for (var i = 0; i < Math.Min(frame.Length, 16); i++)
        {
            var changed = (byte[])frame.Clone();
            changed[i] = 0x63;
            try
            {
                codec.Decode(changed);
            }
            catch (UnknownFrameVersionException)
            {
                return changed;
            }
            catch (PayloadException)
            {
                // That byte is something else.
            }
        }

        throw new InvalidOperationException("No byte of the frame is its version.");
    }

    private async Task<Guid> AddRawAsync(TaskQueue queue, byte[] body)
    {
        var id = Guid.CreateVersion7();
        await Backend(queue).AddAsync(new NewMessage(id, new MessageBody(body), "t", Now, TimeSpan.Zero, null, null), Token);
        return id;
    }

    private (TaskQueue Queue, TaskDefinition Task) Start(int limit = 1)
    {
        var queue = Queue();
        return (queue, queue.RegisterTask(Failing(limit)));
    }

    private (TaskQueue Worker, TaskQueue Producer) Unknown(Action<TaskOptions>? configure = null)
    {
        var unknown = new TaskOptions { Name = "unknown" };
        configure?.Invoke(unknown);
        var worker = Queue(options => options.UnknownTask = unknown);
        return (worker, OtherProcess(worker));
    }
}
