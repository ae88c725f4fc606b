using System.Globalization;

namespace TaskQ.Redis.Tests.Faults.Workers;

/// <summary>The worker processes of a test on one queue, and what they have recorded.</summary>
internal sealed class WorkerGroup : IAsyncDisposable
{
    private readonly string _connection;
    private readonly string _queue;
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-workers-").FullName;
    private readonly List<WorkerProcess> _all = [];

    public WorkerGroup(string connection, string queue)
    {
        _connection = connection;
        _queue = queue;
        Record = new RunRecord(_folder);
    }

    public RunRecord Record { get; }

    /// <summary>When which process was killed.</summary>
    public Dictionary<int, long> Deaths => _all.Where(w => w.KilledAt is not null).ToDictionary(w => w.Id, w => w.KilledAt!.Value);

    /// <summary>Starts a worker and waits until it consumes, or has been killed by what it runs.</summary>
    /// <param name="lease">How long its leases last.</param>
    /// <param name="more">What it is told beside the queue; see WorkerOptions of TaskQ.FaultWorker.</param>
    public async Task<WorkerProcess> StartAsync(TimeSpan lease, params string[] more)
    {
        var worker = new WorkerProcess(
        [
            "--connection", _connection, "--queue", _queue, "--log", _folder,
            "--lease-ms", lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), .. more,
        ]);
        lock (_all)
        {
            _all.Add(worker);
        }

        await worker.StartedAsync();
        return worker;
    }

    /// <summary>Waits until some events of a kind are recorded.</summary>
    public Task RecordedAsync(char kind, int count, TimeSpan? patience = null) => Probe.EventuallyAsync(
        () => Task.FromResult(Record.Count(kind) >= count), $"{count} times {kind} in the record", patience ?? TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _all)
        {
            await worker.DisposeAsync();
            foreach (var error in worker.Errors.Take(5))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(error);
            }
        }

        Directory.Delete(_folder, recursive: true);
    }
}
