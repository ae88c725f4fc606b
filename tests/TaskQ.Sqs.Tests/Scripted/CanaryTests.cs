using Amazon.Runtime;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>No credential is in an exception, whatever the service repeats of the request.</summary>
public sealed class CanaryTests
{
    private const string SessionToken = "TOKENCANARY/abcdefghijklmnopqrstuvwxyz0123456789==";

    public static TheoryData<string> Codes =>
        ["SignatureDoesNotMatch", "ExpiredToken", "InvalidParameterValue", "AccessDenied", "InternalError", "html", "__type", "request id", "not JSON", "wrong JSON"];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Error_ThatRepeatsTheRequest_HoldsNoCredential(string code)
    {
        string echoed = "";
        await using var server = new ScriptedServer(request =>
        {
            echoed = string.Join(' ', request.Headers);
            return code switch
            {
                "html" => HttpAnswer.Html(503, echoed),
                "__type" => HttpAnswer.Error(400, SessionToken + ScriptedServer.AccessKeyId),
                "request id" => HttpAnswer.Error(400, "AccessDenied") with { Headers = [("x-amzn-RequestId", SessionToken)] },
                "not JSON" => new HttpAnswer(200, "application/x-amz-json-1.0", echoed),
                "wrong JSON" => HttpAnswer.Ok($$"""{"QueueUrl":["{{SessionToken}}"]}"""),
                "InternalError" => HttpAnswer.Error(500, code, echoed),
                _ => HttpAnswer.Error(403, code, echoed),
            };
        });
        using var client = server.Client(options =>
            options.Credentials = new SessionAWSCredentials(ScriptedServer.AccessKeyId, ScriptedServer.SecretKey, SessionToken));

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", TestContext.Current.CancellationToken));

        string text = $"{error} {error.ErrorCode} {error.RequestId}";
        Assert.Contains(SessionToken, echoed, StringComparison.Ordinal);
        Assert.All(server.Faults, Assert.Null);
        Assert.All(
            [ScriptedServer.AccessKeyId, ScriptedServer.SecretKey, SessionToken, server.Requests.First().Header("Authorization")!.Split("Signature=")[1]],
            secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        Assert.InRange(error.Message.Length, 10, 800);
    }
}
