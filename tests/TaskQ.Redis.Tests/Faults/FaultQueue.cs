using System.Globalization;
using TaskQ.Redis.Tests.Faults.Workers;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>A server, a producer's queue on it, and the tasks that worker processes run.</summary>
internal sealed class FaultQueue : IAsyncDisposable
{
    private readonly RedisQueueFactory _factory;

    private FaultQueue(RedisServer server)
    {
        Server = server;
        _factory = new RedisQueueFactory(server.Configuration);
        Queue = Probe.Queue(_factory);
        Work = Queue.RegisterTask<int, int>("work");
        Stubborn = Queue.RegisterTask<int, int>("stubborn");
        Starve = Queue.RegisterTask<int, int>("starve");
        Poison = Queue.RegisterTask<int, int>("poison");
        Workers = new WorkerGroup(server.Configuration, Queue.Name);
    }

    public RedisServer Server { get; }

    public TaskQueue Queue { get; }

    public WorkerGroup Workers { get; }

    public RunRecord Record => Workers.Record;

    /// <summary>Waits for some milliseconds, unless it is cancelled.</summary>
    public TaskDefinition<int, int> Work { get; }

    /// <summary>Waits for some milliseconds in any case.</summary>
    public TaskDefinition<int, int> Stubborn { get; }

    /// <summary>Blocks all threads of the pool for some milliseconds.</summary>
    public TaskDefinition<int, int> Starve { get; }

    /// <summary>Kills the process that runs it.</summary>
    public TaskDefinition<int, int> Poison { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<FaultQueue> OpenAsync(params string[] options) => new(await RedisServer.StartAsync(options));

    /// <summary>Adds messages that are numbered from a start.</summary>
    public Task AddAsync(TaskDefinition<int, int> task, int start, int count, int milliseconds, Func<int, TimeSpan>? delay = null) =>
        Queue.AddRangeAsync(
            Enumerable.Range(start, count).Select(n => delay is null
                ? task.WithArgs(n, milliseconds)
                : task.WithArgs(n, milliseconds).WithDelay(delay(n))),
            Token);

    /// <summary>Waits until nothing waits and nothing runs.</summary>
    public Task DrainedAsync(TimeSpan? patience = null) => Probe.EventuallyAsync(
        async () => await Queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", patience);

    /// <summary>The numbers among those that were added which neither ended nor are dead letters.</summary>
    public async Task<int[]> LostAsync(int start, int count)
    {
        var kept = Record.Ended();
        var dead = await Queue.PeekDeadAsync(int.MaxValue, Token);
        kept.UnionWith(dead.Select(letter => Convert.ToInt32(letter.Message.ReadArguments()[0], CultureInfo.InvariantCulture)));
        return [.. Enumerable.Range(start, count).Where(n => !kept.Contains(n))];
    }

    /// <summary>How many dead letters there are.</summary>
    public async Task<long> DeadAsync() => (await Queue.CountAsync(Token)).Dead;

    public async ValueTask DisposeAsync()
    {
        await Workers.DisposeAsync();
        await _factory.DisposeAsync();
        await Server.DisposeAsync();
    }
}
