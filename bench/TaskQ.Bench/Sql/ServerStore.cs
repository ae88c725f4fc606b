using System.Data.Common;
using System.Runtime.InteropServices;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Probe;
using TaskQ.Bench.Store;
using TaskQ.Sql;

namespace TaskQ.Bench.Sql;

/// <summary>A database server of the bench's own. One class for each kind of server says how it is started and what the bare statements are.</summary>
internal abstract class ServerStore : IBenchStore
{
    private const string Tables = "taskq_messages, taskq_leases, taskq_names, taskq_queues, taskq_schema";
    private PosixSignalRegistration? _terminated;
    private int _isStopped;

    public abstract string Description { get; }

    public string CallName => "statements";

    /// <summary>How many rows one bare INSERT has: as many as one of TaskQ.</summary>
    public virtual int AddSize => 500;

    // A poll each 5 s, a notification to itself each 30 s.
    public virtual double MostIdleCalls => 2;

    /// <summary>The kind of database.</summary>
    protected abstract SqlDialect Dialect { get; }

    /// <summary>Opens connections as an application does.</summary>
    protected abstract DbDataSource Source { get; }

    /// <summary>The statements that make the table of the bare statements, which is called <c>bare</c>, with the columns of <see cref="BareRow"/>, a number, a state and an index for the claim.</summary>
    public abstract IReadOnlyList<string> CreateBare { get; }

    public QueueFactory CreateFactory() => new SqlQueueFactory(Source, Dialect);

    /// <summary>Inserts rows by one statement, as fast as the driver can.</summary>
    public abstract Task InsertAsync(DbConnection connection, IReadOnlyList<BareRow> rows);

    /// <summary>Reserves rows that are due, the first ones, skipping what others reserve, and reads them.</summary>
    /// <returns>Their numbers.</returns>
    public abstract Task<long[]> ClaimAsync(DbConnection connection, int max);

    /// <summary>Deletes rows that are reserved.</summary>
    /// <returns>How many.</returns>
    public abstract Task<int> DeleteAsync(DbConnection connection, long[] rows);

    /// <summary>Opens a connection for the bare statements.</summary>
    public async Task<DbConnection> OpenAsync() => await Source.OpenConnectionAsync();

    public async Task<StoreUse?> ReadAsync() => new StoreUse(1e6 * ServerCpu.Read(await FindProcessAsync()), null);

    public async Task<IBareStore> OpenBareAsync() => await BareServer.OpenAsync(this, await FrameProbe.LengthAsync());

    public abstract Task<ICallMonitor> MonitorAsync();

    public BenchResult SetTarget(BenchResult result) => ServerTargets.Apply(result);

    public async Task CleanAsync() => await ExecuteAsync([$"DROP TABLE IF EXISTS {Tables}, bare"]);

    public async ValueTask DisposeAsync()
    {
        _terminated?.Dispose();
        await Source.DisposeAsync();
        await StopOnceAsync();
    }

    public async Task ExecuteAsync(IEnumerable<string> statements)
    {
        await using DbConnection connection = await OpenAsync();
        foreach (string text in statements)
        {
            await using DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts.
            command.CommandText = text;
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The server's process, whose children are its own too.</summary>
    protected abstract Task<int> FindProcessAsync();

    protected abstract ValueTask StopAsync();

    /// <summary>Told to end, the bench takes its server with it. A signal's handler can't be awaited.</summary>
    protected void StopWhenTerminated() =>
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => StopOnceAsync().AsTask().GetAwaiter().GetResult());

    private ValueTask StopOnceAsync() => Interlocked.Exchange(ref _isStopped, 1) == 0 ? StopAsync() : default;
}
