using StackExchange.Redis;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Connect;

/// <summary>A server whose user has exactly the rights of taskq.acl. It is the default user, the only one that version 1.2.6 of the client can be.</summary>
public sealed class LimitedServer : IAsyncLifetime
{
    private const string Password = "limited";

    private RedisServer? _server;
    private IDatabase? _admin;

    public string Configuration => $"{_server!.Configuration},password={Password}";

    /// <summary>The commands that taskq.acl allows.</summary>
    public static string[] Commands => [.. Rules.Where(static rule => rule.StartsWith('+')).Select(static rule => rule[1..])];

    private static string[] Rules => AccessRule.Text.Split(' ')[2..];

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _admin = await Probe.AdminAsync(_server);
        await _admin.ExecuteAsync("ACL", "SETUSER", "admin", "on", ">admin", "~*", "&*", "+@all");
        await _admin.ExecuteAsync("AUTH", "admin", "admin");
        await AllowAsync();
    }

    /// <summary>Gives the rights of taskq.acl, changed if need be.</summary>
    public async Task AllowAsync(Func<string, string>? change = null)
    {
        IEnumerable<string> rules = Rules.Select(rule => rule.StartsWith('>') ? ">" + Password : change?.Invoke(rule) ?? rule);
        await _admin!.ExecuteAsync("ACL", ["SETUSER", "default", "reset", .. rules]);
    }

    public async ValueTask DisposeAsync() => await _server!.DisposeAsync();
}
