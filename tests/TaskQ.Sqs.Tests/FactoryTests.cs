using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Fake;

namespace TaskQ.Sqs.Tests;

public sealed class FactoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Constructor_OptionsNotValid_IsRefused()
    {
        using var sqs = new FakeSqs(TimeProvider.System);

        Assert.Throws<ArgumentException>(() => new SqsQueueFactory(new SqsOptions { MaxReceiveCount = 2 }));
        Assert.Throws<ArgumentException>(() => new SqsQueueFactory(sqs, new SqsOptions { LongPoll = TimeSpan.Zero }));
        Assert.Throws<ArgumentNullException>(() => new SqsQueueFactory((ISqsClient)null!));
        Assert.Throws<ArgumentNullException>(() => new SqsQueueFactory((SqsOptions)null!));
    }

    [Theory]
    [InlineData("a.b", 30, null, "a.b")]
    [InlineData("q", 13 * 3600, null, "LeaseDuration is 13:00:00")]
    [InlineData("q", 30, 20, "SqsOptions.VisibilityTimeout, which is 00:00:20")]
    public async Task RegisterQueue_WhatSqsCannotDo_IsRefused(string name, int leaseSeconds, int? visibilitySeconds, string part)
    {
        using var sqs = new FakeSqs(TimeProvider.System);
        var options = new SqsOptions { VisibilityTimeout = visibilitySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
        await using var factory = new SqsQueueFactory(sqs, options);

        var error = Assert.Throws<ArgumentException>(
            () => factory.RegisterQueue(new QueueOptions { Name = name, LeaseDuration = TimeSpan.FromSeconds(leaseSeconds) }));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddAsync_DelayInAFifoQueue_IsRefused()
    {
        using var sqs = new FakeSqs(TimeProvider.System);
        await using var factory = new SqsQueueFactory(sqs, new SqsOptions { Fifo = true, CreateQueues = true });
        TaskDefinition task = factory.RegisterQueue(new QueueOptions { Name = "q" }).RegisterTask("t", () => { });

        await Assert.ThrowsAsync<NotSupportedException>(() => task.Queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromSeconds(1)), Token));
    }

    [Fact]
    public async Task Worker_NoQueueForDeadLetters_SaysSoAtItsFirstFetch()
    {
        using var sqs = new FakeSqs(TimeProvider.System);
        await sqs.CreateQueueAsync("q", new Dictionary<string, string>(), Token);
        await using var factory = new SqsQueueFactory(sqs);
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "q" });

        var error = await Assert.ThrowsAsync<SqsException>(() => queue.Backend.ExchangeAsync(
            [], new Backend.FetchRequest(new Backend.Lease(Guid.NewGuid(), TimeSpan.FromSeconds(30)), 1, TimeSpan.Zero), Token).AsTask());

        Assert.Contains("aws sqs create-queue --queue-name q-dead", error.Message, StringComparison.Ordinal);
    }
}
