using System.Data.Common;
using System.Diagnostics;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sql;

/// <summary>
/// A queue as a careful user would write it by hand, over the same driver: a table with an index for the claim, prepared statements,
/// one for each batch, in as many loops at once as are fastest.
/// </summary>
internal sealed class BareServer : IBareStore
{
    // As TaskQ fetches by default.
    private const int TakeSize = 100;

    private const int MostSingles = 2000;
    private const int TrialRows = 5000;
    private const int Trials = 2;
    private static readonly int[] LoopCounts = [1, 2, 4];

    private readonly ServerStore _store;
    private readonly DbConnection[] _connections;
    private readonly byte[] _frame;
    private int _takeLoops;

    private BareServer(ServerStore store, DbConnection[] connections, int frameLength)
    {
        _store = store;
        _connections = connections;
        _frame = new byte[frameLength];
    }

    public string CallName => "INSERT";

    /// <summary>INSERT after INSERT, each a transaction.</summary>
    public BareLimit Call => new("INSERT", n => SinglesAsync(Math.Min(n, MostSingles)));

    /// <summary>INSERTs of many rows, one after the other.</summary>
    public BareLimit Add => new($"INSERT of {_store.AddSize} rows", async n => n / (await AddAndTakeAsync(n)).Add);

    /// <summary>UPDATE ... SKIP LOCKED of 100, then the DELETE of these.</summary>
    public BareLimit Take => new($"claim+DELETE of {TakeSize}", async n => n / (await AddAndTakeAsync(n)).Take);

    /// <summary>Both, one after the other.</summary>
    public BareLimit AddAndTake => new(
        "both, one after the other",
        async n =>
        {
            (double add, double take) = await AddAndTakeAsync(n);
            return n / (add + take);
        });

    public static async Task<BareServer> OpenAsync(ServerStore store, int frameLength)
    {
        await store.ExecuteAsync(store.CreateBare);
        var connections = new DbConnection[LoopCounts[^1]];
        for (var i = 0; i < connections.Length; i++)
        {
            connections[i] = await store.OpenAsync();
        }

        return new BareServer(store, connections, frameLength);
    }

    public async Task<double[]> LatenciesAsync(int n, TimeSpan interval)
    {
        var latencies = new double[n];
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        for (var i = 0; i < n; i++)
        {
            await timer.WaitForNextTickAsync();
            long start = Stopwatch.GetTimestamp();
            await _store.InsertAsync(_connections[0], Rows(1));
            latencies[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        await TakeAllAsync(n, 1);
        Array.Sort(latencies);
        return latencies;
    }

    public void Dispose()
    {
        foreach (DbConnection connection in _connections)
        {
            connection.Dispose();
        }
    }

    private BareRow[] Rows(int count)
    {
        long now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var rows = new BareRow[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = new BareRow(Guid.CreateVersion7().ToByteArray(bigEndian: true), now, _frame);
        }

        return rows;
    }

    private async Task<double> SinglesAsync(int n)
    {
        long start = Stopwatch.GetTimestamp();
        for (var i = 0; i < n; i++)
        {
            await _store.InsertAsync(_connections[0], Rows(1));
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await TakeAllAsync(n, 1);
        return n / seconds;
    }

    /// <summary>The seconds of each; the first time finds out how many loops are best.</summary>
    private async Task<(double Add, double Take)> AddAndTakeAsync(int n)
    {
        if (_takeLoops == 0)
        {
            var seconds = new SortedDictionary<int, double>();
            for (var trial = 0; trial < Trials; trial++)
            {
                foreach (int loops in LoopCounts)
                {
                    await AddAllAsync(TrialRows);
                    double took = await TakeAllAsync(TrialRows, loops);
                    seconds[loops] = Math.Min(took, seconds.GetValueOrDefault(loops, took));
                }
            }

            _takeLoops = seconds.MinBy(static pair => pair.Value).Key;
        }

        double add = await AddAllAsync(n);
        return (add, await TakeAllAsync(n, _takeLoops));
    }

    private async Task<double> AddAllAsync(int n)
    {
        long start = Stopwatch.GetTimestamp();
        for (var from = 0; from < n; from += _store.AddSize)
        {
            await _store.InsertAsync(_connections[0], Rows(Math.Min(_store.AddSize, n - from)));
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<double> TakeAllAsync(int n, int loops)
    {
        var taken = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(_connections.Take(loops).Select(connection => Task.Run(async () =>
        {
            long[] rows;
            do
            {
                rows = await _store.ClaimAsync(connection, TakeSize);
                if (rows.Length > 0 && await _store.DeleteAsync(connection, rows) != rows.Length)
                {
                    throw new BenchException("A bare row is gone.");
                }

                Interlocked.Add(ref taken, rows.Length);
            }
            while (rows.Length > 0);
        })));
        return taken == n ? Stopwatch.GetElapsedTime(start).TotalSeconds : throw new BenchException($"{n} bare rows were inserted, {taken} came back.");
    }
}
