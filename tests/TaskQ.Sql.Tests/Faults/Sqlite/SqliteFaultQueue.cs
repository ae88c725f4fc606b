using System.Globalization;
using TaskQ.Redis.Tests.Faults.Workers;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>A file, a producer's queue on it, and worker processes on the same.</summary>
internal sealed class SqliteFaultQueue : IAsyncDisposable
{
    private readonly SqliteDatabase _database = new();
    private readonly SqlQueueFactory _factory;
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-workers-").FullName;
    private readonly List<WorkerProcess> _workers = [];

    public SqliteFaultQueue()
    {
        _factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        Queue = Probe.Queue(_factory);
        Work = Queue.RegisterTask<int, int>("work");
        Record = new RunRecord(_folder);
    }

    public TaskQueue Queue { get; }

    public string File => _database.File;

    public RunRecord Record { get; }

    /// <summary>Waits for some milliseconds.</summary>
    public TaskDefinition<int, int> Work { get; }

    /// <summary>What all workers have written that is a warning or worse.</summary>
    public IEnumerable<string> Errors => _workers.SelectMany(static worker => worker.Errors);

    /// <summary>When which process was killed.</summary>
    public Dictionary<int, long> Deaths => _workers.Where(w => w.KilledAt is not null).ToDictionary(w => w.Id, w => w.KilledAt!.Value);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts a process, and waits until it works or has died.</summary>
    public async Task<WorkerProcess> StartAsync(TimeSpan lease, params string[] more)
    {
        var worker = new WorkerProcess(
        [
            "--backend", "sqlite", "--connection", File, "--queue", Queue.Name, "--log", _folder,
            "--lease-ms", lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), .. more,
        ]);
        lock (_workers)
        {
            _workers.Add(worker);
        }

        await worker.StartedAsync();
        return worker;
    }

    public Task AddAsync(int start, int count, int milliseconds, Func<int, TimeSpan>? delay = null) => Queue.AddRangeAsync(
        Enumerable.Range(start, count).Select(n => delay is null ? Work.WithArgs(n, milliseconds) : Work.WithArgs(n, milliseconds).WithDelay(delay(n))),
        Token);

    /// <summary>Waits until some events of a kind are recorded.</summary>
    public Task RecordedAsync(char kind, int count) => Probe.EventuallyAsync(
        () => Task.FromResult(Record.Count(kind) >= count), $"{count} times {kind} in the record", TimeSpan.FromMinutes(1));

    /// <summary>Waits until nothing waits and nothing runs.</summary>
    public Task DrainedAsync() => Probe.EventuallyAsync(
        async () => await Queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", TimeSpan.FromMinutes(1));

    public async ValueTask DisposeAsync()
    {
        foreach (WorkerProcess worker in _workers)
        {
            await worker.DisposeAsync();
        }

        foreach (string error in Errors.Take(10))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(error);
        }

        await _factory.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
