using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>Answers that are damaged, incomplete or no answers.</summary>
public sealed class ChecksumTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendAsync_OtherChecksum_IsDamaged()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(Json(new { MessageId = "1", MD5OfMessageBody = Md5("other") })));
        using var client = server.Client();

        var error = await Assert.ThrowsAsync<SqsException>(() => client.SendAsync("q", new() { Body = "body" }, Token));

        Assert.Equal(SqsErrorKind.Damaged, error.Kind);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task SendAsync_OtherChecksumOfAttributes_IsDamaged()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(Json(new { MessageId = "1", MD5OfMessageBody = Md5("body"), MD5OfMessageAttributes = Md5("other") })));
        using var client = server.Client();
        var attributes = new Dictionary<string, SqsAttributeValue> { ["a"] = SqsAttributeValue.OfNumber(1) };

        var error = await Assert.ThrowsAsync<SqsException>(() => client.SendAsync("q", new() { Body = "body", Attributes = attributes }, Token));

        Assert.Equal(SqsErrorKind.Damaged, error.Kind);
    }

    [Fact]
    public async Task SendBatchAsync_EachEntry_HasItsOwnResult()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(Json(new
        {
            Successful = new object[]
            {
                new { Id = "3", MessageId = "m3", MD5OfMessageBody = Md5("3"), SequenceNumber = "33" },
                new { Id = "0", MessageId = "m0", MD5OfMessageBody = Md5("damaged") },
                new { Id = "77", MessageId = "m77", MD5OfMessageBody = Md5("77") },
            },
            Failed = new object[]
            {
                new { Id = "1", Code = "InternalError", Message = "Try again.", SenderFault = false },
                new { Id = "4", Code = "InvalidParameterValue", Message = "Message must be shorter than 262144 bytes.", SenderFault = true },
                new { Id = "x", Code = "InternalError", SenderFault = false },
            },
        })));
        using var client = server.Client();

        var results = await client.SendBatchAsync("q", [.. Enumerable.Range(0, 5).Select(i => new SqsOutgoingMessage { Body = $"{i}" })], Token);

        Assert.Equal(
            [SqsErrorKind.Damaged, SqsErrorKind.Unavailable, SqsErrorKind.Unavailable, null, SqsErrorKind.MessageTooLarge],
            results.Select(result => result.Error?.Kind));
        Assert.Equal([false, false, false, null, true], results.Select(result => result.Error?.IsSenderFault));
        Assert.Equal("NoAnswer", results[2].Error!.Code);
        Assert.Equal(new SqsSendResult("m3", "33", null), results[3]);
    }

    [Fact]
    public async Task ReceiveAsync_OneDamaged_BringsTheOthers()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(Json(new
        {
            Messages = new object[]
            {
                new { MessageId = "1", ReceiptHandle = "h1", Body = "good", MD5OfBody = Md5("good") },
                new { MessageId = "2", ReceiptHandle = "h2", Body = "bad", MD5OfBody = Md5("other") },
                new { MessageId = "3", ReceiptHandle = "h3", Body = "no checksum" },
                new
                {
                    MessageId = "4",
                    ReceiptHandle = "h4",
                    Body = "good",
                    MD5OfBody = Md5("good"),
                    MessageAttributes = new { a = new { DataType = "String", StringValue = "v" } },
                    MD5OfMessageAttributes = Md5("other"),
                },
            },
        })));
        using var client = server.Client();

        var received = await client.ReceiveAsync("q", new(), Token);

        Assert.Equal(["1"], received.Messages.Select(message => message.MessageId));
        Assert.Equal(["h2", "h3", "h4"], received.Damaged.Select(message => message.ReceiptHandle));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{")]
    [InlineData("<html/>")]
    [InlineData("""{"Messages":{}}""")]
    [InlineData("""{"Messages":[1]}""")]
    [InlineData("""{"Messages":[{"MessageId":"1"}]}""")]
    [InlineData("""{"Messages":[{"MessageId":"1","ReceiptHandle":"h","Body":7}]}""")]
    [InlineData("""{"Messages":[{"MessageId":"1","ReceiptHandle":"h","Body":"\ud800"}]}""")]
    [InlineData("""{"Messages":[{"MessageId":"1","ReceiptHandle":"h","Body":"b","MessageAttributes":{"a":{}}}]}""")]
    [InlineData("""{"Messages":[{"MessageId":"1","ReceiptHandle":"h","Body":"b","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"*"}}}]}""")]
    public async Task ReceiveAsync_NotAnAnswer_IsDamaged(string body)
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(body));
        using var client = server.Client();

        var error = await Assert.ThrowsAsync<SqsException>(() => client.ReceiveAsync("q", new(), Token));

        Assert.Equal(SqsErrorKind.Damaged, error.Kind);
    }

    [Fact]
    public async Task ReceiveAsync_OddNumbers_AreLeftOut()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok(Json(new
        {
            Messages = new object[]
            {
                new
                {
                    MessageId = "1",
                    ReceiptHandle = "h",
                    Body = "b",
                    MD5OfBody = Md5("b"),
                    Attributes = new { ApproximateReceiveCount = "99999999999", SentTimestamp = "9999999999999999999", ApproximateFirstReceiveTimestamp = "-5" },
                },
            },
        })));
        using var client = server.Client();

        SqsMessage message = Assert.Single((await client.ReceiveAsync("q", new(), Token)).Messages);

        Assert.Equal(int.MaxValue, message.ReceiveCount);
        Assert.Null(message.SentAt);
        Assert.Null(message.FirstReceivedAt);
    }

    [Fact]
    public async Task ReceiveAsync_Request_AsksForWhatIsNeeded()
    {
        await using var server = new ScriptedServer(HttpAnswer.Ok("{}"));
        using var client = server.Client();

        await client.ReceiveAsync("q", new() { MaxMessages = 3, WaitTime = TimeSpan.FromSeconds(7), VisibilityTimeout = TimeSpan.FromSeconds(1.2) }, Token);

        HttpRequest request = Assert.Single(server.Requests);
        Assert.Equal("ReceiveMessage", request.Operation);
        Assert.Equal("application/x-amz-json-1.0", request.Header("Content-Type"));
        Assert.Equal(3, request.Json.GetProperty("MaxNumberOfMessages").GetInt32());
        Assert.Equal(7, request.Json.GetProperty("WaitTimeSeconds").GetInt32());
        Assert.Equal(2, request.Json.GetProperty("VisibilityTimeout").GetInt32());
        Assert.Equal("All", request.Json.GetProperty("MessageSystemAttributeNames")[0].GetString());
        Assert.Equal("All", request.Json.GetProperty("MessageAttributeNames")[0].GetString());
    }

    // The digest that SQS defines.
#pragma warning disable CA5351
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    private static string Json(object value) => JsonSerializer.Serialize(value);
}
