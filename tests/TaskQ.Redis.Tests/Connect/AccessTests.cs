using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Connect;

/// <summary>X11: taskq.acl is enough, none of it is too much, and what is missing is named.</summary>
[Collection(RealTimeCollection.Name)]
public sealed partial class AccessTests(LimitedServer server) : IClassFixture<LimitedServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TaskqAcl_AsAFile_IsLoadedByAServer()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, AccessRule.Text + "\n", Token);
            await using var loaded = await RedisServer.StartAsync("--aclfile", file);
            var admin = await Probe.AdminAsync(loaded);

            Assert.Contains((string[])(await admin.ExecuteAsync("ACL", "USERS"))!, "taskq".Equals);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void TaskqAcl_Commands_AreThoseOfTheScriptsAndOfTheClient()
    {
        string[] client = ["ping", "echo", "info", "subscribe", "unsubscribe", "eval", "evalsha"];
        var assembly = typeof(RedisQueueFactory).Assembly;
        var scripts = assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".lua", StringComparison.Ordinal) && name is not ("access.lua" or "info.lua"));
        var called = scripts.SelectMany(name => Call().Matches(Read(name)).Select(static match => match.Groups[1].Value.ToLowerInvariant()));
        var tried = Trial().Matches(Read("access.lua")).Select(static match => match.Groups[1].Value.ToLowerInvariant());

        Assert.Equal(called.Concat(client).Distinct().Order(), LimitedServer.Commands.Order());
        Assert.Equal(called.Distinct().Order(), tried.Distinct().Order());

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }

    [Fact]
    public async Task Start_AnyCommandMissing_NamesIt()
    {
        foreach (var command in LimitedServer.Commands.Except(["info", "ping", "echo"]))
        {
            await server.AllowAsync(rule => rule == "+" + command ? "-" + command : rule);
            var error = await Assert.ThrowsAsync<UnauthorizedAccessException>(CountAsync);

            Assert.Contains($"may not run {command}", error.Message, StringComparison.Ordinal);
            Assert.Contains("+evalsha", error.Message, StringComparison.Ordinal);
        }

        await server.AllowAsync();
        await CountAsync();
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("echo")]
    public async Task Start_WithoutWhatConnectingTakes_NamesIt(string command)
    {
        Assert.SkipWhen(
            typeof(IConnectionMultiplexer).Assembly.GetName().Version!.Major == 2,
            "The client connects without ping; without echo it only says that no connection came up.");
        await server.AllowAsync(rule => rule == "+" + command ? "-" + command : rule);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Probe.EventuallyAsync(async () => await NamesTheRightsAsync(queue), "the error names the rights");

        await server.AllowAsync();
        await Probe.EventuallyAsync(
            async () =>
            {
                try
                {
                    await queue.CountAsync(Token);
                    return true;
                }
                catch (RedisUnavailableException)
                {
                    return false;
                }
            },
            "it works with the rights");
    }

    [Theory]
    [InlineData("~tq:{*", "~other:{*")]
    [InlineData("&tq:{*", "&other:{*")]
    public async Task Start_OtherKeysOrChannels_IsRefused(string rule, string other)
    {
        await server.AllowAsync(given => given == rule ? other : given);

        var error = await Assert.ThrowsAsync<UnauthorizedAccessException>(CountAsync);

        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutInfo_WorksAndWarns()
    {
        await server.AllowAsync(rule => rule == "+info" ? "-info" : rule);
        var log = new LogRecorder();
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => options.Services = log);

        await queue.CountAsync(Token);

        Assert.Contains(log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains("may not run info", StringComparison.Ordinal));
    }

    /// <summary>A call may slip through between the login and the refusal.</summary>
    private static async Task<bool> NamesTheRightsAsync(TaskQueue queue)
    {
        try
        {
            await queue.CountAsync(Token);
            return false;
        }
        catch (RedisUnavailableException error)
        {
            return error.Message.Contains("ping and echo", StringComparison.Ordinal);
        }
    }

    private async Task CountAsync()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        await Probe.Queue(factory).CountAsync(Token);
    }

    [GeneratedRegex(@"call\('([A-Z]+)'")]
    private static partial Regex Call();

    [GeneratedRegex(@"\{ '([A-Z]+)'")]
    private static partial Regex Trial();
}
