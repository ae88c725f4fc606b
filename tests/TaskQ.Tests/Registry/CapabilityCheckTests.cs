using TaskQ.Backend;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class CapabilityCheckTests
{
    private static readonly BackendCapabilities Poor = new()
    {
        System = "poor",
        MaxDelay = TimeSpan.FromMinutes(15),
        MaxFetchBatch = 10,
        Names = false,
        Limits = false,
        Lookup = false,
        Cancels = false,
        DeadLookup = false,
        Remedy = "Set X.Coordinator.",
    };

    private static readonly BackendCapabilities Rich = new() { System = "rich" };

    private static DateTimeOffset Now => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task RegisterQueue_LimitsThatTheStoreLacks_NamesEachAndTheRemedy()
    {
        await using var factory = new PoorFactory();

        var error = Assert.Throws<ArgumentException>(() => factory.RegisterQueue(
            new QueueOptions { Name = "q", WorkerLimit = 5, RateLimit = RateLimit.PerSecond(3), FetchBatchSize = 11 }));

        Assert.Contains("WorkerLimit is 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("RateLimit is ", error.Message, StringComparison.Ordinal);
        Assert.Contains("FetchBatchSize is 11", error.Message, StringComparison.Ordinal);
        Assert.Contains("'poor'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Set X.Coordinator.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_StoreThatHasAll_AreNone() => Assert.Empty(CapabilityCheck.Errors(
        new QueueOptions { Name = "q", WorkerLimit = 5, RateLimit = RateLimit.PerSecond(3) }, Rich));

    [Fact]
    public async Task AddAsync_NameThatTheStoreDoesNotKeep_IsRefusedBeforeItIsStored()
    {
        await using var factory = new PoorFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "q" });
        TaskDefinition task = queue.RegisterTask("t", () => { });

        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => queue.AddAsync(task.WithArgs().WithName("n"), TestContext.Current.CancellationToken));

        Assert.Contains("'t'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Set X.Coordinator.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public async Task Add_DelayAndSchedule_UpToTheLongest(int minutes, bool isAllowed)
    {
        await using var factory = new PoorFactory();
        TaskDefinition task = factory.RegisterQueue(new QueueOptions { Name = "q" }).RegisterTask("t", () => { });
        TaskMessage[] messages = [task.WithArgs().WithDelay(TimeSpan.FromMinutes(minutes)), task.WithArgs().WithSchedule(Now.AddMinutes(minutes))];

        foreach (TaskMessage message in messages)
        {
            Exception? error = Record.Exception(() => CapabilityCheck.Add(message, Poor, Now));

            Assert.Equal(isAllowed, error is null);
            Assert.True(error is null or NotSupportedException);
            CapabilityCheck.Add(message, Rich, Now);
        }
    }

    [Fact]
    public async Task Lookup_StoreThatFindsNoSingleMessages_EachCallSaysSo()
    {
        await using var factory = new PoorFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "q" });
        CancellationToken token = TestContext.Current.CancellationToken;
        Func<Task>[] calls =
        [
            () => queue.GetAsync(Guid.NewGuid(), token),
            () => queue.ListAsync(new MessageFilter(), 1, token),
            () => queue.CancelAsync(Guid.NewGuid(), token),
            () => queue.RescheduleAsync(Guid.NewGuid(), Now, token),
        ];

        foreach (Func<Task> call in calls)
        {
            var error = await Assert.ThrowsAsync<NotSupportedException>(call);
            Assert.Contains("Queue 'q'", error.Message, StringComparison.Ordinal);
            Assert.Contains("Set X.Coordinator.", error.Message, StringComparison.Ordinal);
        }
    }

    private sealed class PoorFactory : QueueFactory
    {
        protected override IQueueBackend CreateBackend(QueueOptions options) => new UnusedBackend { Capabilities = Poor };
    }
}
