using System.Runtime.InteropServices;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;
using TaskQ.Sqs;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Bench.Sqs;

/// <summary>The SQS that is measured: fauxqs in a process of the bench's own, or the one that the command line names.</summary>
internal sealed class SqsStore : IBenchStore
{
    private readonly FauxqsServer _server;
    private readonly RequestCounter _requests = new();
    private readonly PosixSignalRegistration _terminated;

    private SqsStore(FauxqsServer server)
    {
        _server = server;
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminated);
    }

    public string Description => _server.IsGiven ? $"SQS at {_server.Endpoint}" : "SQS: fauxqs, a Node process of its own";

    public string CallName => "SQS requests";

    public double MostIdleCalls => 0.2;

    /// <param name="given">The URL of one that runs, null to start one.</param>
    public static async Task<SqsStore> StartAsync(string? given)
    {
        var server = new FauxqsServer { Given = given };
        await server.InitializeAsync();
        return new SqsStore(server);
    }

    public QueueFactory CreateFactory() => new SqsQueueFactory(Options());

    /// <summary>A client of the kind that a factory has.</summary>
    public ISqsClient CreateClient() => SqsClient.Create(Options());

    public Task<StoreUse?> ReadAsync() =>
        Task.FromResult<StoreUse?>(new StoreUse(_server.ProcessorTime?.TotalMicroseconds, NetBytes: null, _requests.Count));

    public async Task<IBareStore> OpenBareAsync() => await BareSqs.OpenAsync(this);

    public Task<ICallMonitor> MonitorAsync() => Task.FromResult<ICallMonitor>(new RequestMonitor());

    public BenchResult SetTarget(BenchResult result) => SqsTargets.Apply(result);

    // Each queue is purged by its round. The client has no call to delete one.
    public Task CleanAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _terminated.Dispose();
        _requests.Dispose();
        await _server.DisposeAsync();
    }

    private SqsOptions Options() => _server.Options(options => options.CreateQueues = true);

    // Told to end, the bench takes its server with it. A signal's handler can't be awaited.
    private void OnTerminated(PosixSignalContext context) => _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
