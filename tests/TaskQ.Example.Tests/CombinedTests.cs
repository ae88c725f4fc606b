using System.Globalization;
using System.Text.RegularExpressions;
using TaskQ.Example.Tests.Processes;
using TaskQ.Redis.Tests.Server;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Example.Tests;

/// <summary>Both roles in one process, on each backend.</summary>
public sealed partial class CombinedTests
{
    [Fact]
    public async Task Run_InMemory_AccountsForAll() => await RunAsync([], reports: 32);

    [Fact]
    public async Task Run_OverRedis_AccountsForAll()
    {
        await using RedisServer server = await RedisServer.StartAsync();

        await RunAsync(["--redis", server.Configuration], reports: 32);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_OverSqs_AccountsForAll(bool hasCompanion)
    {
        await using var server = new FauxqsServer();
        await server.InitializeAsync();
        await using RedisServer redis = await RedisServer.StartAsync();
        string[] companion = hasCompanion ? ["--redis", redis.Configuration] : [];

        // SQS alone keeps no names, so there are no reports.
        await RunAsync(["--backend", "sqs", "--create-queues", .. companion], reports: hasCompanion ? 32 : 0, new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL_SQS"] = server.Endpoint.ToString(),
            ["AWS_REGION"] = "us-east-1",
            ["AWS_ACCESS_KEY_ID"] = "test",
            ["AWS_SECRET_ACCESS_KEY"] = "test",
        });
    }

    [Fact]
    public async Task Run_WithTooLittleTime_FailsAndAccountsForAllTheSame()
    {
        await using var process = ExampleProcess.Start("", ["--seconds", "4", "--messages", "200"]);

        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains("Not finished after 4 s.", process.Output, StringComparison.Ordinal);
        Assert.Matches(@"All \d+ messages are accounted for\.", process.Output);
    }

    [Fact]
    public async Task Run_Interrupted_StopsAndAccountsForAll()
    {
        await using var process = ExampleProcess.Start("", []);
        await process.WritesAsync("per second");

        Assert.Equal(130, await process.StopAsync());
        Assert.Contains("Stopping: what runs may end.", process.Output, StringComparison.Ordinal);
        Assert.Matches(@"All \d+ messages are accounted for\.", process.Output);
    }

    [Fact]
    public async Task Run_StoreAway_EndsWithTheReason()
    {
        await using var process = ExampleProcess.Start("", ["--redis", "127.0.0.1:1"]);

        Assert.Equal(1, await process.ExitAsync());
        Assert.StartsWith("RedisUnavailableException: Redis could not be reached", process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'--nope' is not known.", "--nope")]
    [InlineData("There is no backend 'nope'; there are memory, sqlite, redis and sqs.", "--backend", "nope")]
    [InlineData("--redis needs a value.", "--redis")]
    [InlineData("--messages is 0; it must be from 1 to 100000.", "--messages", "0")]
    public async Task Start_WrongArguments_EndsWithTheReason(string reason, params string[] arguments)
    {
        await using var process = ExampleProcess.Start("", arguments);

        Assert.Equal(2, await process.ExitAsync());
        Assert.StartsWith(reason, process.Output, StringComparison.Ordinal);
    }

    // 400 thumbnails and e-mails, 8 charges of which 4 fall back, 2 imports that die, 48 addresses, and the reports.
    private static async Task RunAsync(string[] arguments, int reports, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var process = ExampleProcess.Start("", ["--messages", "400", .. arguments], environment);

        Assert.True(await process.ExitAsync() == 0, process.Output);
        int[] total = [.. Total().Match(process.Output).Groups.Values.Skip(1).Select(group => int.Parse(group.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(6, total.Length);
        (int added, int duplicates, int processed, int fallbacks, int dead) = (total[0], total[1], total[2], total[4], total[5]);
        Assert.Equal(458 + reports, added + duplicates);
        Assert.Equal(added, processed + fallbacks + dead);
        Assert.Equal((4, 2), (fallbacks, dead));
        Assert.Contains($"All {added} messages are accounted for.", process.Output, StringComparison.Ordinal);

        // Progress as plain lines, for the output is no terminal.
        Assert.Matches(@"(?m)^ +\d+\.\d s( +\d+){6}$", process.Output);
        Assert.DoesNotContain("\e[", process.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?m)^total +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$")]
    private static partial Regex Total();
}
