using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Memory.Tests.Testing;

public sealed class TaskQTestHarnessTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<string> _ran = [];

    [Fact]
    public async Task DrainAsync_ReadyMessages_RunInTheirOrderTheirAddsIncluded()
    {
        await using var harness = new TaskQTestHarness();
        TaskQueue first = harness.Queue("first");
        TaskQueue second = harness.Queue("second");
        TaskDefinition child = second.RegisterTask("child", (string label) => Record(label));
        TaskDefinition parent = first.RegisterTask("parent", async (string label) =>
        {
            Record(label);
            await second.AddAsync(child.WithArgs($"child of {label}"));
        });
        await first.AddAsync(parent.WithArgs("a"));
        await first.AddAsync(parent.WithArgs("b"));
        await first.AddAsync(parent.WithArgs("later").WithDelay(Minute));

        await harness.DrainAsync().WaitAsync(Rig.Patience);

        Assert.Equal(["a", "b"], _ran.Where(label => !label.StartsWith("child", StringComparison.Ordinal)));
        Assert.Equal(["child of a", "child of b"], _ran.Where(label => label.StartsWith("child", StringComparison.Ordinal)));
        Assert.Equal(new QueueCounts(0, 1, 0, 0), await first.CountAsync());
    }

    [Fact]
    public async Task AdvanceAsync_DelaysAndRetries_RunAtTheirTimes()
    {
        await using var harness = new TaskQTestHarness();
        DateTimeOffset start = harness.Clock.GetUtcNow();
        TaskQueue queue = harness.Queue("q");
        TaskDefinition flaky = queue.RegisterTask(new TaskOptions
        {
            Name = "flaky",
            RetryLimit = 3,
            RetryDelay = retry => retry.Attempt * Minute,
            Handler = (string label) =>
            {
                Record($"{label} {(harness.Clock.GetUtcNow() - start).TotalMinutes}");
                throw new InvalidOperationException("It is flaky.");
            },
        });
        await queue.AddAsync(flaky.WithArgs("now"));
        await queue.AddAsync(flaky.WithArgs("later").WithDelay(10 * Minute));

        await harness.AdvanceAsync(11 * Minute).WaitAsync(Rig.Patience);

        Assert.Equal(["now 0", "now 1", "now 3", "later 10", "later 11"], _ran);
        Assert.Equal(start + (11 * Minute), harness.Clock.GetUtcNow());
        await harness.AdvanceAsync(2 * Minute).WaitAsync(Rig.Patience);
        Assert.Equal("later 13", _ran[^1]);
        Assert.Equal(new QueueCounts(0, 0, 0, 2), await queue.CountAsync());
    }

    [Fact]
    public async Task AdvanceAsync_RateLimit_RunsEachAtItsPermit()
    {
        await using var harness = new TaskQTestHarness();
        DateTimeOffset start = harness.Clock.GetUtcNow();
        TaskQueue queue = harness.Queue("q", options => options.RateLimit = new RateLimit(1, Minute, 1));
        TaskDefinition task = queue.RegisterTask("t", () => Record($"{(harness.Clock.GetUtcNow() - start).TotalMinutes}"));
        for (int i = 0; i < 4; i++)
        {
            await queue.AddAsync(task.WithArgs());
        }

        await harness.DrainAsync().WaitAsync(Rig.Patience);
        Assert.Equal(["0"], _ran);
        await harness.AdvanceAsync(2 * Minute).WaitAsync(Rig.Patience);
        Assert.Equal(["0", "1", "2"], _ran);
    }

    [Fact]
    public async Task DrainAsync_PausedQueue_ReturnsAndLeavesTheMessages()
    {
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("q");
        TaskDefinition task = queue.RegisterTask("t", () => Record("ran"));
        await queue.AddAsync(task.WithArgs());
        await queue.PauseAsync();

        await harness.DrainAsync().WaitAsync(Rig.Patience);

        Assert.Empty(_ran);
        await queue.ResumeAsync();
        await harness.DrainAsync().WaitAsync(Rig.Patience);
        Assert.Equal(["ran"], _ran);
    }

    [Fact]
    public async Task RunInlineAsync_Handlers_RunInTheCallersFlowOneAtATime()
    {
        var flow = new AsyncLocal<string>();
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("q", options => options.MaxWorkers = options.MinWorkers = 4);
        int running = 0;
        TaskDefinition task = queue.RegisterTask("t", async (int number) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            Record($"{flow.Value} {number}");
            Interlocked.Decrement(ref running);
        });
        for (int i = 0; i < 20; i++)
        {
            await queue.AddAsync(task.WithArgs(i));
        }

        flow.Value = "mine";
        await harness.RunInlineAsync().WaitAsync(Rig.Patience);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"mine {i}").Order(), _ran.Order());
        Assert.Equal(20, queue.Consumer.Stats.Processed);
    }

    [Fact]
    public async Task RunInlineAsync_HandlerThrows_IsAFailedAttempt()
    {
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("q");
        TaskDefinition task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 1,
            Handler = (Action)(() => throw new InvalidOperationException("No.")),
        });
        await queue.AddAsync(task.WithArgs());

        await harness.RunInlineAsync().WaitAsync(Rig.Patience);

        DeadLetter dead = Assert.Single(await queue.PeekDeadAsync(1));
        Assert.Equal((DeadReason.RetriesExhausted, "No."), (dead.Reason, dead.ErrorMessage));
    }

    [Fact]
    public async Task Added_DuplicatesLeftAside_ShowsWhatWasStored()
    {
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("q");
        TaskDefinition task = queue.RegisterTask("t");
        TaskMessage first = task.WithArgs().WithName("once");
        await queue.AddAsync(first);
        await queue.AddAsync(task.WithArgs().WithName("once"));
        TaskMessage[] batch = [task.WithArgs(), task.WithArgs().WithName("once")];
        await queue.AddRangeAsync(batch);

        Assert.Equal([first.Id, batch[0].Id], harness.Added.Select(message => message.Id));
        Assert.Equal(harness.Added, harness.AddedTo(task));
        Assert.Empty(harness.AddedTo("other"));
    }

    [Fact]
    public async Task AssertAdded_FitsOrNot_ReturnsTheMessageOrSaysWhatThereIs()
    {
        await using var harness = new TaskQTestHarness();
        TaskQueue queue = harness.Queue("q");
        TaskDefinition task = queue.RegisterTask("mail");
        await queue.AddAsync(task.WithArgs().WithDelay(Minute));

        Assert.Equal(Minute, harness.AssertAdded("mail", message => message.Delay == Minute).Delay);
        harness.AssertNotAdded("sms");
        harness.AssertNotAdded("mail", message => message.Delay == TimeSpan.Zero);

        var missing = Assert.Throws<TaskQAssertionException>(() => harness.AssertAdded("sms"));
        Assert.Equal("Expected a message of task 'sms' to be added. Added were 1 of 'mail'.", missing.Message);
        var unwanted = Assert.Throws<TaskQAssertionException>(() => harness.AssertNotAdded("mail"));
        Assert.StartsWith("Expected no message of task 'mail' to be added, but ", unwanted.Message, StringComparison.Ordinal);
    }

    private void Record(string label)
    {
        lock (_ran)
        {
            _ran.Add(label);
        }
    }
}
