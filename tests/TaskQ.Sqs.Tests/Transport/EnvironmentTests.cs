using Amazon.Runtime;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Scripted;

namespace TaskQ.Sqs.Tests.Transport;

/// <summary>Region, endpoint and credentials from the environment and the shared files, as every AWS SDK finds them.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class EnvironmentTests : IAsyncLifetime
{
    private static readonly string[] Variables =
    [
        "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED",
    ];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private readonly ScriptedServer _server = new(HttpAnswer.Ok("""{"QueueUrl":"https://sqs/1/q"}"""));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foreach (string name in Variables)
        {
            Set(name, null);
        }

        Set("AWS_EC2_METADATA_DISABLED", "true");
        FallbackRegionFactory.Reset();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (name, value) in _before)
        {
            Set(name, value);
        }

        FallbackRegionFactory.Reset();
        await _server.DisposeAsync();
        SharedFiles.Clear();
    }

    [Fact]
    public async Task Call_AllFromVariables_GoesThereSigned()
    {
        SetCredentials();
        Set("AWS_REGION", ScriptedServer.Region);
        Set("AWS_ENDPOINT_URL_SQS", _server.Endpoint.ToString());
        Set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");

        await AssertArrivesAsync(new SqsOptions());
    }

    [Fact]
    public async Task Call_EndpointOfAllServices_IsUsed()
    {
        SetCredentials();
        Set("AWS_REGION", ScriptedServer.Region);
        Set("AWS_ENDPOINT_URL", _server.Endpoint.ToString());

        await AssertArrivesAsync(new SqsOptions());
    }

    [Fact]
    public async Task Call_OptionsBesideVariables_OptionsWin()
    {
        Set("AWS_REGION", "us-west-2");
        Set("AWS_ACCESS_KEY_ID", "other");
        Set("AWS_SECRET_ACCESS_KEY", "other");
        Set("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9");

        await AssertArrivesAsync(new SqsOptions
        {
            Endpoint = _server.Endpoint,
            Region = ScriptedServer.Region,
            Credentials = new BasicAWSCredentials(ScriptedServer.AccessKeyId, ScriptedServer.SecretKey),
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_Profile_GivesCredentialsRegionAndEndpoint(bool byVariable)
    {
        await WriteProfileAsync();
        if (byVariable)
        {
            Set("AWS_PROFILE", "work");
        }

        await AssertArrivesAsync(new SqsOptions { Profile = byVariable ? null : "work" });
    }

    [Fact]
    public async Task Call_ProfileAndEndpointOfOptions_GoesToTheEndpoint()
    {
        await WriteProfileAsync("http://127.0.0.1:9");

        await AssertArrivesAsync(new SqsOptions { Profile = "work", Endpoint = _server.Endpoint });
    }

    [Fact]
    public async Task Call_NoRegion_SaysWhereToSetIt()
    {
        SetCredentials();
        using var client = new AwsSqsClient(new SqsOptions());

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Contains("SqsOptions.Region", error.Message, StringComparison.Ordinal);
        Assert.Contains("AWS_REGION", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_NoCredentials_IsCredentialsRefused()
    {
        using var client = new AwsSqsClient(new SqsOptions { Endpoint = _server.Endpoint });

        var error = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync("q", Token));

        Assert.Equal(SqsErrorKind.CredentialsRefused, error.Kind);
        Assert.Empty(_server.Requests);
    }

    private static void Set(string name, string? value) => Environment.SetEnvironmentVariable(name, value);

    private static void SetCredentials()
    {
        Set("AWS_ACCESS_KEY_ID", ScriptedServer.AccessKeyId);
        Set("AWS_SECRET_ACCESS_KEY", ScriptedServer.SecretKey);
    }

    private async Task WriteProfileAsync(string? endpoint = null)
    {
        Assert.SkipUnless(SharedFiles.AreOwn, "The shared AWS files are the user's: TASKQ_TEST_SQS is set.");
        await File.WriteAllTextAsync(
            SharedFiles.Config,
            $"""
            [profile work]
            region = {ScriptedServer.Region}
            services = local

            [services local]
            sqs =
              endpoint_url = {endpoint ?? _server.Endpoint.ToString()}

            """,
            Token);
        await File.WriteAllTextAsync(
            SharedFiles.Credentials,
            $"""
            [work]
            aws_access_key_id = {ScriptedServer.AccessKeyId}
            aws_secret_access_key = {ScriptedServer.SecretKey}

            """,
            Token);
    }

    private async Task AssertArrivesAsync(SqsOptions options)
    {
        options.Validate();
        using var client = new AwsSqsClient(options);

        Assert.Equal("https://sqs/1/q", await client.GetQueueUrlAsync("q", Token));

        Assert.All(_server.Faults, Assert.Null);
        Assert.Single(_server.Requests);
    }
}
