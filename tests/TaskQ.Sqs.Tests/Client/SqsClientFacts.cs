using System.Diagnostics;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Client;

/// <summary>What holds of the client over every server.</summary>
public abstract class SqsClientFacts : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SqsServer _server;

    protected SqsClientFacts(SqsServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
        Client = new AwsSqsClient(server.Options());
    }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected ISqsClient Client { get; }

    /// <summary>The receive count of a message that was shown again once.</summary>
    private protected virtual int CountWhenShownAgain => 2;

    public void Dispose()
    {
        Client.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task CreateQueueAsync_Twice_IsTheSameQueue()
    {
        string name = NewName();

        string first = await Client.CreateQueueAsync(name, new Dictionary<string, string> { ["VisibilityTimeout"] = "7" }, Token);
        string second = await Client.CreateQueueAsync(name, new Dictionary<string, string> { ["VisibilityTimeout"] = "7" }, Token);

        Assert.Equal(first, second);
        Assert.Equal(first, await Client.GetQueueUrlAsync(name, Token));
        Assert.EndsWith("/" + name, first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateQueueAsync_OtherAttributes_IsQueueExists()
    {
        string name = NewName();
        await Client.CreateQueueAsync(name, new Dictionary<string, string> { ["VisibilityTimeout"] = "7" }, Token);

        var error = await Assert.ThrowsAsync<SqsException>(() =>
            Client.CreateQueueAsync(name, new Dictionary<string, string> { ["VisibilityTimeout"] = "8" }, Token));

        Assert.Equal(SqsErrorKind.QueueExists, error.Kind);
        Assert.True(error.IsSenderFault);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task GetQueueUrlAsync_NoSuchQueue_IsQueueDoesNotExist()
    {
        var error = await Assert.ThrowsAsync<SqsException>(() => Client.GetQueueUrlAsync(NewName(), Token));

        Assert.Equal(SqsErrorKind.QueueDoesNotExist, error.Kind);
        Assert.Contains("GetQueueUrl", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.StatusCode!.Value, 400, 499);
        Assert.False(string.IsNullOrEmpty(error.ErrorCode));
    }

    [Fact]
    public async Task SendAsync_NoSuchQueue_IsQueueDoesNotExist()
    {
        string queue = await QueueAsync();

        var error = await Assert.ThrowsAsync<SqsException>(() => Client.SendAsync(queue + "x", new() { Body = "x" }, Token));

        Assert.Equal(SqsErrorKind.QueueDoesNotExist, error.Kind);
    }

    [Fact]
    public async Task GetQueueAttributesAsync_Some_AreThose()
    {
        string queue = await QueueAsync(("VisibilityTimeout", "11"));

        var attributes = await Client.GetQueueAttributesAsync(queue, ["VisibilityTimeout", "QueueArn"], Token);

        Assert.Equal("11", attributes["VisibilityTimeout"]);
        Assert.StartsWith("arn:aws:sqs:", attributes["QueueArn"], StringComparison.Ordinal);
        Assert.Equal(2, attributes.Count);
    }

    [Fact]
    public async Task SendAndReceive_WithAttributes_AreTheSame()
    {
        string queue = await QueueAsync();
        byte[] bytes = [0, 1, 2, 250, 255];
        var sent = await Client.SendAsync(queue, new()
        {
            Body = "text with \"quotes\", \\ and é",
            Attributes = new Dictionary<string, SqsAttributeValue>
            {
                ["z"] = SqsAttributeValue.OfText("last"),
                ["attempt"] = SqsAttributeValue.OfNumber(-42),
                ["Bytes"] = SqsAttributeValue.OfBytes(bytes),
            },
        }, Token);

        SqsMessage message = (await ReceiveAllAsync(queue, 1))[0];

        Assert.Null(sent.Error);
        Assert.Equal(sent.MessageId, message.MessageId);
        Assert.Equal("text with \"quotes\", \\ and é", message.Body);
        Assert.Equal(1, message.ReceiveCount);
        Assert.NotNull(message.SentAt);
        Assert.NotNull(message.FirstReceivedAt);
        Assert.InRange(message.FirstReceivedAt.Value - message.SentAt.Value, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Equal(["Bytes", "attempt", "z"], message.Attributes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("last", message.Attributes["z"].Text);
        Assert.Equal(SqsAttributeValue.OfNumber(-42), message.Attributes["attempt"]);
        Assert.Equal(bytes, message.Attributes["Bytes"].Bytes.ToArray());
    }

    [Fact]
    public async Task SendBatchAsync_Ten_AreAllThere()
    {
        string queue = await QueueAsync();
        string[] bodies = [.. Enumerable.Range(0, 10).Select(i => $"body {i}")];

        var results = await Client.SendBatchAsync(queue, [.. bodies.Select(body => new SqsOutgoingMessage { Body = body })], Token);

        Assert.All(results, result => Assert.Null(result.Error));
        var received = await ReceiveAllAsync(queue, 10);
        Assert.Equal(bodies, received.Select(message => message.Body).Order(StringComparer.Ordinal));
        var byId = received.ToDictionary(message => message.MessageId, message => message.Body);
        Assert.Equal(bodies, results.Select(result => byId[result.MessageId!]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public async Task Batch_WrongCount_Throws(int count)
    {
        string[] handles = [.. Enumerable.Range(0, count).Select(i => $"{i}")];

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            Client.SendBatchAsync("q", [.. handles.Select(_ => new SqsOutgoingMessage { Body = "x" })], Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.DeleteBatchAsync("q", handles, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            Client.ChangeVisibilityBatchAsync("q", [.. handles.Select(handle => new SqsVisibilityChange(handle, TimeSpan.Zero))], Token));
    }

    [Fact]
    public async Task ReceiveAsync_Empty_ReturnsNoneAfterItsTime()
    {
        string queue = await QueueAsync();
        var started = Stopwatch.GetTimestamp();

        var received = await Client.ReceiveAsync(queue, new() { WaitTime = TimeSpan.FromSeconds(1) }, Token);

        Assert.Empty(received.Messages);
        Assert.Empty(received.Damaged);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task ReceiveAsync_MessageComes_WakesUp()
    {
        string queue = await QueueAsync();
        var started = Stopwatch.GetTimestamp();
        Task<SqsReceived> receiving = Client.ReceiveAsync(queue, new() { MaxMessages = 1 }, Token);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);

        await Client.SendAsync(queue, new() { Body = "wake" }, Token);

        Assert.Single((await receiving).Messages);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task ReceiveAsync_Cancelled_EndsAtOnce()
    {
        string queue = await QueueAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var started = Stopwatch.GetTimestamp();
        Task<SqsReceived> receiving = Client.ReceiveAsync(queue, new() { MaxMessages = 1 }, stop.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);

        await stop.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task SendAsync_Delayed_ComesWhenDue()
    {
        string queue = await QueueAsync();
        await Client.SendAsync(queue, new() { Body = "later", Delay = TimeSpan.FromSeconds(1.2) }, Token);

        Assert.Empty((await Client.ReceiveAsync(queue, new() { WaitTime = TimeSpan.Zero }, Token)).Messages);
        SqsMessage message = (await ReceiveAllAsync(queue, 1))[0];

        Assert.InRange(message.FirstReceivedAt!.Value - message.SentAt!.Value, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task ChangeVisibilityAsync_Zero_ShowsItAgain()
    {
        string queue = await QueueAsync();
        await Client.SendAsync(queue, new() { Body = "again" }, Token);
        SqsMessage first = (await ReceiveAllAsync(queue, 1))[0];

        await Client.ChangeVisibilityAsync(queue, new SqsVisibilityChange(first.ReceiptHandle, TimeSpan.Zero), Token);

        SqsMessage second = (await ReceiveAllAsync(queue, 1))[0];
        Assert.Equal(first.MessageId, second.MessageId);
        Assert.InRange(second.ReceiveCount, 2, CountWhenShownAgain);
        Assert.Equal(first.FirstReceivedAt, second.FirstReceivedAt);
        Assert.NotEqual(first.ReceiptHandle, second.ReceiptHandle);
    }

    [Fact]
    public async Task ReceiveAsync_VisibilityOver_ComesAgain()
    {
        string queue = await QueueAsync();
        await Client.SendAsync(queue, new() { Body = "again" }, Token);
        var first = await Client.ReceiveAsync(queue, new() { MaxMessages = 1, VisibilityTimeout = TimeSpan.FromSeconds(1) }, Token);

        SqsMessage second = (await ReceiveAllAsync(queue, 1))[0];

        Assert.Equal(Assert.Single(first.Messages).MessageId, second.MessageId);
    }

    [Fact]
    public async Task DeleteBatchAsync_OneHandleWrong_OthersAreDeleted()
    {
        string queue = await QueueAsync();
        await Client.SendBatchAsync(queue, [new() { Body = "a" }, new() { Body = "b" }], Token);
        var received = await ReceiveAllAsync(queue, 2);

        var errors = await Client.DeleteBatchAsync(queue, [received[0].ReceiptHandle, "nonsense", received[1].ReceiptHandle], Token);

        Assert.Null(errors[0]);
        Assert.Null(errors[2]);
        if (errors[1] is { } error)
        {
            Assert.Equal(SqsErrorKind.ReceiptHandleInvalid, error.Kind);
        }

        var counts = await Client.GetQueueAttributesAsync(queue, ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"], Token);
        Assert.All(counts.Values, count => Assert.Equal("0", count));
    }

    [Fact]
    public async Task ChangeVisibilityBatchAsync_OneHandleWrong_OthersAreChanged()
    {
        string queue = await QueueAsync();
        await Client.SendBatchAsync(queue, [new() { Body = "a" }, new() { Body = "b" }], Token);
        var received = await ReceiveAllAsync(queue, 2);

        var errors = await Client.ChangeVisibilityBatchAsync(
            queue,
            [new("nonsense", TimeSpan.Zero), .. received.Select(message => new SqsVisibilityChange(message.ReceiptHandle, TimeSpan.Zero))],
            Token);

        Assert.Equal(SqsErrorKind.ReceiptHandleInvalid, errors[0]?.Kind);
        Assert.Null(errors[1]);
        Assert.Null(errors[2]);
        Assert.All(await ReceiveAllAsync(queue, 2), message => Assert.InRange(message.ReceiveCount, 2, CountWhenShownAgain));
    }

    [Fact]
    public async Task DeleteAsync_Received_IsGone()
    {
        string queue = await QueueAsync();
        await Client.SendAsync(queue, new() { Body = "gone" }, Token);
        SqsMessage message = (await ReceiveAllAsync(queue, 1))[0];

        await Client.DeleteAsync(queue, message.ReceiptHandle, Token);

        var counts = await Client.GetQueueAttributesAsync(queue, ["ApproximateNumberOfMessagesNotVisible"], Token);
        Assert.Equal("0", counts["ApproximateNumberOfMessagesNotVisible"]);
    }

    [Fact]
    public async Task Fifo_SameDeduplicationId_IsSentOnceAndInOrder()
    {
        string queue = await Client.CreateQueueAsync(NewName() + ".fifo", new Dictionary<string, string> { ["FifoQueue"] = "true" }, Token);
        SqsOutgoingMessage Entry(int i) => new() { Body = $"{i}", MessageGroupId = "group", DeduplicationId = $"id {i}".Replace(' ', '-') };

        var first = await Client.SendAsync(queue, Entry(1), Token);
        var again = await Client.SendAsync(queue, Entry(1), Token);
        await Client.SendBatchAsync(queue, [Entry(2), Entry(3)], Token);

        var received = new List<SqsMessage>();
        while (received.Count < 3)
        {
            received.AddRange(await ReceiveAllAsync(queue, 1));
            await Client.DeleteAsync(queue, received[^1].ReceiptHandle, Token);
        }

        Assert.Equal(first.MessageId, again.MessageId);
        Assert.NotNull(first.SequenceNumber);
        Assert.Equal(["1", "2", "3"], received.Select(message => message.Body));
        Assert.All(received, message => Assert.Equal("group", message.MessageGroupId));
        Assert.Equal(first.SequenceNumber, received[0].SequenceNumber);
    }

    [Fact]
    public async Task Redrive_ReceivedTooOften_MovesToTheDeadLetterQueue()
    {
        string dead = await QueueAsync();
        string arn = (await Client.GetQueueAttributesAsync(dead, ["QueueArn"], Token))["QueueArn"];
        string queue = await QueueAsync(
            ("VisibilityTimeout", "1"),
            ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{arn}}","maxReceiveCount":"1"}"""));
        await Client.SendAsync(queue, new() { Body = "poison" }, Token);

        await ReceiveAllAsync(queue, 1);
        Task<SqsReceived> moving = Client.ReceiveAsync(queue, new() { WaitTime = TimeSpan.FromSeconds(3) }, Token);

        Assert.Empty((await moving).Messages);
        Assert.Equal("poison", (await ReceiveAllAsync(dead, 1))[0].Body);
    }

    protected static string NewName() => "t-" + Guid.NewGuid().ToString("N");

    private protected async Task<string> QueueAsync(params (string Name, string Value)[] attributes) =>
        await Client.CreateQueueAsync(NewName(), attributes.ToDictionary(a => a.Name, a => a.Value), Token);

    // No more than are there: one of the servers waits until it has as many as it may return.
    private protected async Task<IReadOnlyList<SqsMessage>> ReceiveAllAsync(string queue, int count)
    {
        var started = Stopwatch.GetTimestamp();
        var messages = new List<SqsMessage>();
        while (messages.Count < count)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"{messages.Count} of {count} messages in {Patience}.");
            var received = await Client.ReceiveAsync(queue, new() { MaxMessages = Math.Min(10, count - messages.Count), WaitTime = TimeSpan.FromSeconds(5) }, Token);
            Assert.Empty(received.Damaged);
            messages.AddRange(received.Messages);
        }

        Assert.Equal(count, messages.Count);
        return messages;
    }
}
