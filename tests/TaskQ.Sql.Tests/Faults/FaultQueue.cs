using System.Globalization;
using TaskQ.Redis.Tests.Faults.Workers;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>A server, a producer's queue on it, and worker processes that run its task.</summary>
internal sealed class FaultQueue : IAsyncDisposable
{
    private readonly string _backend;
    private readonly IAsyncDisposable _server;
    private readonly TestDatabase _database;
    private readonly SqlQueueFactory _factory;
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-workers-").FullName;
    private readonly List<WorkerProcess> _workers = [];

    private FaultQueue(string backend, IAsyncDisposable server, TestDatabase database)
    {
        _backend = backend;
        _server = server;
        _database = database;
        _factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        Queue = Probe.Queue(_factory);
        Work = Queue.RegisterTask<int, int>("work");
        Record = new RunRecord(_folder);
    }

    public TaskQueue Queue { get; }

    /// <summary>Waits for some milliseconds, unless it is cancelled.</summary>
    public TaskDefinition<int, int> Work { get; }

    public RunRecord Record { get; }

    /// <summary>When which process was killed.</summary>
    public Dictionary<int, long> Deaths => _workers.Where(w => w.KilledAt is not null).ToDictionary(w => w.Id, w => w.KilledAt!.Value);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts a server.</summary>
    /// <param name="backend">Which one, by its name in TaskQ.FaultWorker.</param>
    public static async Task<FaultQueue> OpenAsync(string backend)
    {
        if (backend == "mysql")
        {
            var mariaDb = await MariaDbServer.StartAsync();
            return new FaultQueue(backend, mariaDb, new MariaDbDatabase(mariaDb));
        }

        var postgreSql = await PostgreSqlServer.StartAsync();
        return new FaultQueue(backend, postgreSql, new PostgreSqlDatabase(postgreSql));
    }

    /// <summary>Starts a worker and waits until it consumes.</summary>
    /// <param name="lease">How long its leases last.</param>
    /// <param name="more">What it is told beside the queue; see WorkerOptions of TaskQ.FaultWorker.</param>
    public async Task<WorkerProcess> StartAsync(TimeSpan lease, params string[] more)
    {
        var worker = new WorkerProcess(
        [
            "--backend", _backend, "--connection", _database.DataSource.ConnectionString, "--queue", Queue.Name, "--log", _folder,
            "--lease-ms", lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), .. more,
        ]);
        lock (_workers)
        {
            _workers.Add(worker);
        }

        await worker.StartedAsync();
        return worker;
    }

    /// <summary>Adds messages that are numbered from a start.</summary>
    public Task AddAsync(int start, int count, int milliseconds, Func<int, TimeSpan>? delay = null) => Queue.AddRangeAsync(
        Enumerable.Range(start, count).Select(n => delay is null
            ? Work.WithArgs(n, milliseconds)
            : Work.WithArgs(n, milliseconds).WithDelay(delay(n))),
        Token);

    /// <summary>Waits until some events of a kind are recorded.</summary>
    public Task RecordedAsync(char kind, int count) => Probe.EventuallyAsync(
        () => Task.FromResult(Record.Count(kind) >= count), $"{count} times {kind} in the record", TimeSpan.FromSeconds(60));

    /// <summary>Waits until nothing waits and nothing runs.</summary>
    public Task DrainedAsync(TimeSpan? patience = null) => Probe.EventuallyAsync(
        async () => await Queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", patience);

    /// <summary>The numbers among those that were added which did not end.</summary>
    public int[] Lost(int start, int count)
    {
        var ended = Record.Ended();
        return [.. Enumerable.Range(start, count).Where(n => !ended.Contains(n))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
            foreach (var error in worker.Errors.Take(5))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(error);
            }
        }

        await _factory.DisposeAsync();
        await _database.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
