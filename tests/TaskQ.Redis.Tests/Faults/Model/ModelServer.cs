using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Runs sequences on one server, each on a queue of its own: three workers, each with a connection of its own.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private const string Forget = """
        local keys = redis.call('KEYS', ARGV[1])
        if #keys > 0 then redis.call('UNLINK', unpack(keys)) end
        """;

    private readonly Lock _lock = new();
    private readonly RedisServer _server;
    private readonly IDatabase _admin;
    private readonly RedisLink[] _links;
    private int _queues;

    private ModelServer(RedisServer server, IDatabase admin)
    {
        _server = server;
        _admin = admin;
        _links = [.. Enumerable.Range(0, 3).Select(_ => new RedisLink(ConfigurationOptions.Parse(server.Configuration), Options()))];
    }

    /// <summary>How many sequences were run, those of shrinking included.</summary>
    public int Sequences { get; private set; }

    public int Operations { get; private set; }

    public int Accepted { get; private set; }

    public InjectedFaults Faults { get; private set; } = new();

    /// <summary>How messages ended, those that stayed among the dead letters included.</summary>
    public Dictionary<string, int> Ends { get; } = [];

    /// <summary>Changes what a sequence works on.</summary>
    public Func<IQueueBackend, IQueueBackend> Plant { get; init; } = backend => backend;

    public static async Task<ModelServer> StartAsync(bool onCluster = false, Func<IQueueBackend, IQueueBackend>? plant = null)
    {
        var server = onCluster ? await RedisServer.StartClusterAsync() : await RedisServer.StartAsync();
        return new ModelServer(server, await Probe.AdminAsync(server)) { Plant = plant ?? (backend => backend) };
    }

    /// <summary>Runs a sequence; throws when the store does not do as the model.</summary>
    public async Task RunAsync(OperationSequence sequence)
    {
        var queue = "model-" + Interlocked.Increment(ref _queues);
        var clock = new FrozenClock();
        var backends = _links.Select(link => Plant(Backend(link, queue, clock, sequence.Settings))).ToArray();
        var world = new RandomWorld(sequence, clock, backends, () => KeyAudit.ReadAsync(_admin, queue));
        await world.RunAsync();
        foreach (var backend in backends)
        {
            await backend.DisposeAsync();
        }

        var names = (long)await _admin.ExecuteAsync("HLEN", $"tq:{{{queue}}}:q");
        Assert.True(names == 0, $"{names} names of messages that have ended are taken");
        await _admin.ScriptEvaluateAsync(Forget, [], [$"tq:{{{queue}}}:*"]);
        Count(sequence, world);
    }

    /// <summary>How often a script met keys of several slots.</summary>
    public async Task<bool> HasCrossSlotErrorsAsync() =>
        ((string)(await _admin.ExecuteAsync("INFO", "errorstats"))!).Contains("CROSSSLOT", StringComparison.OrdinalIgnoreCase);

    public override string ToString() =>
        $"{Sequences} sequences, {Operations} operations, {Faults.Deliveries} deliveries; injected: {Faults.LostReplies} replies lost, {Faults.Unanswered} fetches unanswered, "
        + $"{Faults.Kills} kills, {Faults.Crashes} leases run out; {Faults.Refused} settlements refused, {Faults.Duplicates} names taken, "
        + $"{Faults.Replaced} replaced, {Faults.Limited} fetches held back by a limit or a pause, {Faults.Requeued} dead letters requeued. {Accepted} accepted: lost "
        + $"{Accepted - Ends.Values.Sum()}; {string.Join(", ", Ends.Select(end => $"{end.Value} {end.Key}"))}";

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        await _admin.Multiplexer.CloseAsync();
        await _server.DisposeAsync();
    }

    // Calls may wait for a busy machine.
    private static RedisOptions Options(int maxDead = ModelSettings.ManyDead) =>
        new() { UseQueueClock = true, MaxDeadLetters = maxDead, CallTimeout = TimeSpan.FromSeconds(30) };

    private static RedisQueueBackend Backend(RedisLink link, string queue, FrozenClock clock, ModelSettings settings) => new(
        new QueueOptions
        {
            Name = queue,
            TimeProvider = clock,
            WorkerLimit = settings.WorkerLimit == 0 ? null : settings.WorkerLimit,
            RateLimit = settings.Burst == 0 ? null : new RateLimit(1, ModelSettings.PermitInterval, settings.Burst),
            DeadLetterRetention = ModelSettings.DeadRetention,
        },
        Options(settings.MaxDead),
        link);

    private void Count(OperationSequence sequence, RandomWorld world)
    {
        lock (_lock)
        {
            Sequences++;
            Operations += sequence.Operations.Count;
            Accepted += world.Model.Accepted;
            Faults += world.Faults;
            foreach (var (end, count) in world.Model.Ended.Select(e => (e.Key.ToString().ToLowerInvariant(), e.Value)).Append(("dead", world.Model.Dead)))
            {
                Ends[end] = Ends.GetValueOrDefault(end) + count;
            }
        }
    }
}
