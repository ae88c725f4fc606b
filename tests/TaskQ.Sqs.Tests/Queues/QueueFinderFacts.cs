using TaskQ.Sqs.Client;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Queues;

/// <summary>How queues are found and created, over every server.</summary>
public abstract class QueueFinderFacts
{
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(45);

    private readonly SqsServer _server;

    protected QueueFinderFacts(SqsServer server) => _server = server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindAsync_Missing_ShowsTheCommandThatCreatesIt()
    {
        using var probe = Probe(options => options.QueueNamePrefix = "app-");
        string queue = NewName();

        var error = await Assert.ThrowsAsync<SqsException>(() => probe.Finder.FindAsync(queue, Visibility, Token));

        Assert.Equal(SqsErrorKind.QueueDoesNotExist, error.Kind);
        Assert.Contains($"aws sqs create-queue --queue-name app-{queue} ", error.Message, StringComparison.Ordinal);
        Assert.Contains("""--attributes '{"MessageRetentionPeriod":"1209600","VisibilityTimeout":"45"}'""", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SqsException>(() => probe.Client.GetQueueUrlAsync("app-" + queue, Token));
    }

    [Fact]
    public async Task FindAsync_MissingAndToCreate_CreatesIt()
    {
        using var probe = Probe(options => options.CreateQueues = true);
        string queue = NewName();

        QueueInfo created = await probe.Finder.FindAsync(queue, Visibility, Token);
        QueueInfo found = await probe.Finder.FindAsync(queue, TimeSpan.FromSeconds(99), Token);

        Assert.Equal(Visibility, created.VisibilityTimeout);
        Assert.Null(created.Redrive);
        Assert.EndsWith(":" + queue, created.Arn, StringComparison.Ordinal);
        Assert.InRange(created.MaxMessageSize, 262_144, 1_048_576);
        Assert.Equal(created, found);
    }

    [Fact]
    public async Task FindAsync_WithDeadLetterQueue_CreatesBoth()
    {
        string queue = NewName();
        using var probe = Probe(options =>
        {
            options.CreateQueues = true;
            options.Fifo = true;
            options.DeadLetterQueue = queue + "-dead.fifo";
            options.MaxReceiveCount = 7;
        });

        QueueInfo created = await probe.Finder.FindAsync(queue, Visibility, Token);

        Assert.Equal(queue + ".fifo", created.Name);
        Assert.Equal(7, created.Redrive!.MaxReceiveCount);
        Assert.EndsWith($":{queue}-dead.fifo", created.Redrive.DeadLetterArn, StringComparison.Ordinal);
        Assert.NotEmpty(await probe.Client.GetQueueUrlAsync(queue + "-dead.fifo", Token));
    }

    [Fact]
    public async Task FindAsync_RedriveAfterTwoReceives_ShowsTheCommandThatMendsIt()
    {
        using var probe = Probe(options => options.CreateQueues = true);
        string arn = (await probe.Finder.FindAsync(NewName(), Visibility, Token)).Arn;
        string queue = NewName();
        await probe.Client.CreateQueueAsync(
            queue,
            new Dictionary<string, string> { ["RedrivePolicy"] = new RedrivePolicy(arn, 2).ToJson() },
            Token);

        var error = await Assert.ThrowsAsync<SqsException>(() => probe.Finder.FindAsync(queue, Visibility, Token));

        Assert.Equal(SqsErrorKind.InvalidRequest, error.Kind);
        Assert.Contains("after 2 receives", error.Message, StringComparison.Ordinal);
        Assert.Contains("aws sqs set-queue-attributes", error.Message, StringComparison.Ordinal);
        Assert.Contains("""\"maxReceiveCount\":\"10\"}""", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindAsync_NoRedriveButWanted_IsRefused()
    {
        using var creating = Probe(options => options.CreateQueues = true);
        string queue = NewName();
        QueueInfo dead = await creating.Finder.FindAsync(NewName(), Visibility, Token);
        await creating.Finder.FindAsync(queue, Visibility, Token);
        using var probe = Probe(options => options.DeadLetterQueue = dead.Name);

        var error = await Assert.ThrowsAsync<SqsException>(() => probe.Finder.FindAsync(queue, Visibility, Token));

        Assert.Contains("has no redrive policy", error.Message, StringComparison.Ordinal);
        Assert.Contains(dead.Arn, error.Message, StringComparison.Ordinal);
    }

    private static string NewName() => "f-" + Guid.NewGuid().ToString("N");

    private FinderProbe Probe(Action<SqsOptions> configure)
    {
        SqsOptions options = _server.Options(configure);
        options.Validate();
        var client = new AwsSqsClient(options);
        return new FinderProbe(client, new QueueFinder(client, options));
    }

    private sealed record FinderProbe(ISqsClient Client, QueueFinder Finder) : IDisposable
    {
        public void Dispose() => Client.Dispose();
    }
}
