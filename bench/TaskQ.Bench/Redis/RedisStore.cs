using System.Globalization;
using System.Runtime.InteropServices;
using StackExchange.Redis;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;
using TaskQ.Redis;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Bench.Redis;

/// <summary>The server that is measured: a process of the bench's own that keeps nothing on disk, or the one that the command line names.</summary>
internal sealed class RedisStore : IBenchStore
{
    private const int CleanBatch = 1000;

    private readonly RedisServer? _own;
    private readonly RawConnection _raw;
    private readonly PosixSignalRegistration _terminated;
    private readonly string _prefix;

    private RedisStore(RedisServer? own, string configuration, RawConnection raw, string? prefix, string description)
    {
        _own = own;
        _prefix = prefix ?? $"bench-{Guid.NewGuid():N}"[..18];
        Configuration = configuration;
        _raw = raw;
        Description = description;
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminated);
    }

    /// <summary>The configuration of StackExchange.Redis for it.</summary>
    public string Configuration { get; }

    public string Description { get; }

    public string CallName => "Redis commands";

    public double MostIdleCalls => 2;

    public IReadOnlyList<string> Arguments => ["--redis", Configuration, "--prefix", _prefix];

    /// <param name="given">A server that runs, null to start one.</param>
    /// <param name="prefix">What the keys begin with, null for a prefix of its own.</param>
    public static async Task<RedisStore> StartAsync(string? given, string? prefix)
    {
        RedisServer? own = given is null ? await RedisServer.StartAsync() : null;
        string configuration = own?.Configuration ?? given!;
        RawConnection raw = await RawConnection.OpenAsync(configuration);
        Dictionary<string, string> server = Parse(await raw.AskAsync("INFO", "server"));
        string whose = own is null ? "the given server" : "a process of its own, without persistence";
        return new RedisStore(own, configuration, raw, prefix, $"Redis {server["redis_version"]}, {whose}");
    }

    public QueueFactory CreateFactory() => new RedisQueueFactory(Configuration, new RedisOptions { KeyPrefix = _prefix });

    /// <summary>A bare connection of the kind that a factory has.</summary>
    public async Task<ConnectionMultiplexer> ConnectAsync()
    {
        ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(Configuration);
        typeof(ConnectionMultiplexer).GetProperty("PreserveAsyncOrder")?.SetValue(connection, false);
        return connection;
    }

    /// <summary>A key that is removed at the end.</summary>
    public string Key(string name) => $"{_prefix}:{name}";

    public async Task<StoreUse?> ReadAsync()
    {
        Dictionary<string, string> cpu = Parse(await _raw.AskAsync("INFO", "cpu"));
        Dictionary<string, string> stats = Parse(await _raw.AskAsync("INFO", "stats"));
        string thread = cpu.ContainsKey("used_cpu_user_main_thread") ? "_main_thread" : "";
        return new StoreUse(
            1e6 * (Number(cpu, "used_cpu_user" + thread) + Number(cpu, "used_cpu_sys" + thread)),
            Number(stats, "total_net_input_bytes") + Number(stats, "total_net_output_bytes"));
    }

    public async Task<double?> ReadBytesAsync() => Number(Parse(await _raw.AskAsync("INFO", "memory")), "used_memory");

    public async Task<IBareStore> OpenBareAsync() => await BareRedis.OpenAsync(this);

    public async Task<ICallMonitor> MonitorAsync() => await CommandMonitor.StartAsync(Configuration);

    public BenchResult SetTarget(BenchResult result) => RedisTargets.Apply(result);

    /// <summary>Removes all that was stored: names and lanes outlive their queue.</summary>
    public async Task CleanAsync()
    {
        using ConnectionMultiplexer connection = await ConnectAsync();
        IDatabase database = connection.GetDatabase();
        string cursor = "0";
        do
        {
            var page = (RedisResult[])(await database.ExecuteAsync("SCAN", cursor, "MATCH", $"{_prefix}:*", "COUNT", CleanBatch))!;
            cursor = (string)page[0]!;
            var keys = (RedisKey[])page[1]!;
            if (keys.Length > 0)
            {
                await database.ExecuteAsync("UNLINK", [.. keys.Cast<object>()]);
            }
        }
        while (cursor != "0");
    }

    public async ValueTask DisposeAsync()
    {
        _terminated.Dispose();
        if (_own is null)
        {
            await CleanAsync();
        }

        _raw.Dispose();
        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }

    // Told to end, the bench takes its server with it. A signal's handler can't be awaited.
    private void OnTerminated(PosixSignalContext context) => _own?.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>INFO: a line per figure, name:value.</summary>
    private static Dictionary<string, string> Parse(string info) => info
        .Split("\r\n")
        .Where(line => line.Contains(':', StringComparison.Ordinal))
        .Select(line => line.Split(':', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);

    private static double Number(Dictionary<string, string> info, string name) =>
        double.Parse(info[name], CultureInfo.InvariantCulture);
}
