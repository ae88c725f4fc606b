using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Client;

public sealed class FauxqsTests(FauxqsServer server) : SqsClientFacts(server)
{
    // What this server does as AWS does, and the other one does not, or only after a minute.
    [Fact]
    public async Task PurgeAsync_MessagesThere_AreGone()
    {
        string queue = await QueueAsync();
        await Client.SendBatchAsync(queue, [new() { Body = "a" }, new() { Body = "b" }], Token);

        await Client.PurgeAsync(queue, Token);

        // AWS may take a minute.
        string left = "2";
        for (int i = 0; left != "0" && i < 90; i++)
        {
            left = (await Client.GetQueueAttributesAsync(queue, ["ApproximateNumberOfMessages"], Token))["ApproximateNumberOfMessages"];
            await Task.Delay(TimeSpan.FromMilliseconds(i == 0 ? 10 : 1000), TimeProvider.System, Token);
        }

        Assert.Equal("0", left);
    }

    [Fact]
    public async Task SendAsync_AttributeBeyondAscii_HasTheChecksumOfItsBytes()
    {
        string queue = await QueueAsync();
        var attributes = new Dictionary<string, SqsAttributeValue> { ["text"] = SqsAttributeValue.OfText("é 鋼") };

        await Client.SendAsync(queue, new() { Body = "x", Attributes = attributes }, Token);

        Assert.Equal("é 鋼", (await ReceiveAllAsync(queue, 1))[0].Attributes["text"].Text);
    }

    [Fact]
    public async Task ReceiveAsync_RoomForMore_WakesUpWithTheFirst()
    {
        string queue = await QueueAsync();
        Task<SqsReceived> receiving = Client.ReceiveAsync(queue, new() { MaxMessages = 10 }, Token);
        await Client.SendAsync(queue, new() { Body = "wake" }, Token);

        Assert.Single((await receiving.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token)).Messages);
    }

    [Fact]
    public async Task Fifo_GroupInFlight_HoldsBackTheGroupOnly()
    {
        string queue = await Client.CreateQueueAsync(NewName() + ".fifo", new Dictionary<string, string> { ["FifoQueue"] = "true" }, Token);
        SqsOutgoingMessage Entry(string body, string group) => new() { Body = body, MessageGroupId = group, DeduplicationId = body };
        await Client.SendBatchAsync(queue, [Entry("a1", "a"), Entry("a2", "a"), Entry("b1", "b")], Token);

        SqsMessage head = (await ReceiveAllAsync(queue, 1))[0];
        SqsMessage other = (await ReceiveAllAsync(queue, 1))[0];
        await Client.DeleteAsync(queue, head.ReceiptHandle, Token);
        SqsMessage next = (await ReceiveAllAsync(queue, 1))[0];

        Assert.Equal(["a1", "b1", "a2"], [head.Body, other.Body, next.Body]);
    }
}
