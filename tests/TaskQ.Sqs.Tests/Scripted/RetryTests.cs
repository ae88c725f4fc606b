using System.Diagnostics;
using Amazon.Runtime;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>What is tried again, how often, and what the caller hears in the end.</summary>
public sealed class RetryTests
{
    private static readonly HttpAnswer Found = HttpAnswer.Ok("""{"QueueUrl":"https://sqs/1/q"}""");

    private static readonly Dictionary<string, (HttpAnswer Answer, SqsErrorKind Kind)> Passing = new()
    {
        ["RequestThrottled"] = (HttpAnswer.Error(400, "RequestThrottled"), SqsErrorKind.Throttled),
        ["ThrottlingException"] = (HttpAnswer.Error(400, "ThrottlingException"), SqsErrorKind.Throttled),
        ["429"] = (HttpAnswer.Html(429), SqsErrorKind.Throttled),
        ["500"] = (HttpAnswer.Error(500, "InternalError"), SqsErrorKind.Unavailable),
        ["503 with HTML"] = (HttpAnswer.Html(503), SqsErrorKind.Unavailable),
        ["502 without text"] = (new HttpAnswer(502, "text/plain", ""), SqsErrorKind.Unavailable),
        ["reset"] = (HttpAnswer.Reset, SqsErrorKind.Unavailable),
    };

    public static TheoryData<string> Faults => [.. Passing.Keys.Where(name => name != "429")];

    public static TheoryData<string> AllFaults => [.. Passing.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("Fault", "S9")]
    public async Task Call_FaultTwice_SucceedsAndSignsEachAttempt(string fault)
    {
        var answer = Passing[fault].Answer;
        await using var server = new ScriptedServer(answer, answer, Found);
        using var client = server.Client();

        Assert.Equal("https://sqs/1/q", await client.GetQueueUrlAsync("q", Token));

        Assert.Equal(3, server.Requests.Count);
        Assert.All(server.Faults, Assert.Null);
    }

    [Theory]
    [MemberData(nameof(AllFaults))]
    [Trait("Fault", "S9")]
    public async Task Call_FaultForever_GivesUpWithATransientError(string fault)
    {
        var (answer, kind) = Passing[fault];
        await using var server = new ScriptedServer(answer);
        using var client = server.Client();

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Equal(kind, error.Kind);
        Assert.True(error.IsTransient);
        Assert.InRange(server.Requests.Count, 1, answer == HttpAnswer.Reset ? 4 : 3);
        Assert.DoesNotContain("<", error.Message, StringComparison.Ordinal);
        Assert.Equal(answer.Status == 0 ? null : answer.Status, error.StatusCode);
    }

    [Theory]
    [InlineData(400, "QueueDoesNotExist", SqsErrorKind.QueueDoesNotExist)]
    [InlineData(403, "AccessDeniedException", SqsErrorKind.AccessDenied)]
    [InlineData(403, "ExpiredToken", SqsErrorKind.CredentialsRefused)]
    [InlineData(403, "ExpiredTokenException", SqsErrorKind.CredentialsRefused)]
    [InlineData(403, "InvalidClientTokenId", SqsErrorKind.CredentialsRefused)]
    [InlineData(400, "InvalidMessageContents", SqsErrorKind.InvalidRequest)]
    [InlineData(400, "SomethingNew", SqsErrorKind.Other)]
    public async Task Call_FaultOfTheCaller_IsNotRetried(int status, string code, SqsErrorKind kind)
    {
        await using var server = new ScriptedServer(HttpAnswer.Error(status, code));
        using var client = server.Client();

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Equal(kind, error.Kind);
        Assert.Equal(code, error.ErrorCode);
        Assert.Equal("request-1", error.RequestId);
        Assert.True(error.IsSenderFault);
        Assert.False(error.IsTransient);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task Call_ClockOfTheServerElsewhere_IsCorrected(int minutes)
    {
        await using var server = new ScriptedServer(Found) { Skew = TimeSpan.FromMinutes(minutes) };
        using var client = server.Client();

        Assert.Equal("https://sqs/1/q", await client.GetQueueUrlAsync("q", Token));
        Assert.Equal("https://sqs/1/q", await client.GetQueueUrlAsync("q", Token));

        Assert.Equal(["another time", null, null], server.Faults);
    }

    [Fact]
    public async Task Call_WrongSecret_IsCredentialsRefused()
    {
        await using var server = new ScriptedServer(Found);
        using var client = server.Client(options => options.Credentials = new BasicAWSCredentials(ScriptedServer.AccessKeyId, "wrong"));

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Equal(SqsErrorKind.CredentialsRefused, error.Kind);
        Assert.All(server.Faults, fault => Assert.Equal("another signature", fault));
    }

    [Fact]
    [Trait("Fault", "S9")]
    public async Task Call_CredentialsRenewed_NextCallUsesThem()
    {
        await using var server = new ScriptedServer(HttpAnswer.Error(403, "ExpiredToken"), Found);
        var credentials = new RenewedCredentials();
        using var client = server.Client(options => options.Credentials = credentials);

        await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));
        credentials.SessionToken = "second-token";
        await client.GetQueueUrlAsync("q", Token);

        Assert.Equal(["first-token", "second-token"], server.Requests.Select(request => request.Header("X-Amz-Security-Token")));
        Assert.All(server.Faults, Assert.Null);
    }

    [Fact]
    public async Task Call_NoAnswer_EndsAfterItsTime()
    {
        await using var server = new ScriptedServer(HttpAnswer.Silence);
        using var client = server.Client(options => options.RequestTimeout = TimeSpan.FromMilliseconds(300));
        var started = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Equal(SqsErrorKind.Unavailable, error.Kind);
        Assert.True(error.IsTransient);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Call_NoAnswerThenOne_Succeeds()
    {
        await using var server = new ScriptedServer(HttpAnswer.Silence, Found);
        using var client = server.Client(options => options.RequestTimeout = TimeSpan.FromSeconds(1));

        Assert.Equal("https://sqs/1/q", await client.GetQueueUrlAsync("q", Token));

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Call_CancelledWhileItWaits_EndsWithThatToken()
    {
        await using var server = new ScriptedServer(HttpAnswer.Silence);
        using var client = server.Client();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<string> calling = client.GetQueueUrlAsync("q", stop.Token);
        while (server.Requests.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }

        await stop.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token));
        Assert.Equal(stop.Token, error.CancellationToken);
    }

    [Fact]
    public async Task Call_CancelledBefore_SendsNothing()
    {
        await using var server = new ScriptedServer(Found);
        using var client = server.Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetQueueUrlAsync("q", new CancellationToken(canceled: true)));

        Assert.Empty(server.Requests);
    }

    private sealed class RenewedCredentials : AWSCredentials
    {
        public string SessionToken { get; set; } = "first-token";

        public override ImmutableCredentials GetCredentials() => new(ScriptedServer.AccessKeyId, ScriptedServer.SecretKey, SessionToken);
    }
}
