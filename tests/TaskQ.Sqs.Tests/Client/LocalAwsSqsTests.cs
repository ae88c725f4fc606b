using TaskQ.Sqs.Client;
using TaskQ.Sqs.Protocol;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Client;

public sealed class LocalAwsSqsTests(LocalAwsSqsServer server) : SqsClientFacts(server)
{
    // It counts a change of visibility to zero as a receive.
    private protected override int CountWhenShownAgain => 3;

    // What this server checks as AWS does, and the other one does not.
    [Fact]
    public async Task SendAsync_DelayTooLong_IsInvalidRequest()
    {
        string queue = await QueueAsync();

        var error = await Assert.ThrowsAsync<SqsException>(() =>
            Client.SendAsync(queue, new() { Body = "x", Delay = TimeSpan.FromSeconds(901) }, Token));

        Assert.Equal(SqsErrorKind.InvalidRequest, error.Kind);
        Assert.True(error.IsSenderFault);
    }

    [Fact]
    public async Task SendBatchAsync_OneEntryWrong_OnlyItFails()
    {
        string queue = await QueueAsync();

        var results = await Client.SendBatchAsync(
            queue,
            [new() { Body = "a" }, new() { Body = "b", Delay = TimeSpan.FromSeconds(9999) }, new() { Body = "c" }],
            Token);

        Assert.Equal([null, SqsErrorKind.InvalidRequest, null], results.Select(result => result.Error?.Kind));
        Assert.True(results[1].Error!.IsSenderFault);
        Assert.Null(results[1].MessageId);
        Assert.Equal(["a", "c"], (await ReceiveAllAsync(queue, 2)).Select(message => message.Body).Order());
    }

    [Fact]
    public async Task DeleteAsync_HandleOfNothing_IsReceiptHandleInvalid()
    {
        string queue = await QueueAsync();

        var error = await Assert.ThrowsAsync<SqsException>(() => Client.DeleteAsync(queue, "nonsense", Token));

        Assert.Equal(SqsErrorKind.ReceiptHandleInvalid, error.Kind);
    }

    [Fact]
    public async Task PurgeAsync_TwiceInAMinute_IsPurgeInProgress()
    {
        string queue = await QueueAsync();
        await Client.PurgeAsync(queue, Token);

        var error = await Assert.ThrowsAsync<SqsException>(() => Client.PurgeAsync(queue, Token));

        Assert.Equal(SqsErrorKind.PurgeInProgress, error.Kind);
    }

    [Fact]
    public async Task SendAsync_BodyTooLarge_IsMessageTooLarge()
    {
        string queue = await QueueAsync(("MaximumMessageSize", "1024"));

        var error = await Assert.ThrowsAsync<SqsException>(() => Client.SendAsync(queue, new() { Body = new string('x', 1025) }, Token));

        Assert.Equal(SqsErrorKind.MessageTooLarge, error.Kind);
    }

    [Theory]
    [InlineData(1024, false)]
    [InlineData(1025, true)]
    public async Task SendAsync_SizeWithAttributes_CountsAsMessageSizeSays(int size, bool isTooLarge)
    {
        string queue = await QueueAsync(("MaximumMessageSize", "1024"));
        var attributes = new Dictionary<string, SqsAttributeValue> { ["attempt"] = SqsAttributeValue.OfNumber(12) };
        long rest = MessageSize.Of(new() { Body = "", Attributes = attributes });
        var message = new SqsOutgoingMessage { Body = new string('x', (int)(size - rest)), Attributes = attributes };

        Exception? error = await Record.ExceptionAsync(() => Client.SendAsync(queue, message, Token));

        Assert.Equal(isTooLarge ? SqsErrorKind.MessageTooLarge : null, (error as SqsException)?.Kind);
        Assert.Equal(isTooLarge, error is not null);
    }

    [Fact]
    public async Task SendAndReceive_BodyOfEveryPlane_IsTheSame()
    {
        string queue = await QueueAsync();
        const string Body = "\t\n\r \"\\<&>' é 鋼 \uFFFD 😀";

        await Client.SendAsync(queue, new() { Body = Body }, Token);

        Assert.Equal(Body, (await ReceiveAllAsync(queue, 1))[0].Body);
    }
}
