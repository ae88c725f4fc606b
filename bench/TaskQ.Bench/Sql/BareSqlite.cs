using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Probe;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sql;

/// <summary>
/// A queue as a careful user would write it by hand, over the same driver: a table with an index for the claim, prepared
/// statements, a transaction for each batch, write-ahead log and synchronous=FULL as TaskQ has them.
/// </summary>
internal sealed class BareSqlite : IBareStore
{
    private const int AddSize = 500;

    // As TaskQ fetches by default.
    private const int TakeSize = 100;

    private const int MostSingles = 5000;

    private readonly SqliteConnection _connection;
    private readonly BareStatement _insert;
    private readonly BareStatement _claim;
    private readonly BareStatement _delete;
    private readonly byte[] _frame;

    private BareSqlite(SqliteConnection connection, int frameLength)
    {
        _connection = connection;
        _frame = new byte[frameLength];
        Run("PRAGMA busy_timeout = 5000");
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        Run("CREATE TABLE bare (seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL, due INTEGER NOT NULL, attempt INTEGER NOT NULL, task TEXT NOT NULL, body BLOB NOT NULL)");
        Run("CREATE INDEX bare_due ON bare (state, due)");
        _insert = new(connection, "INSERT INTO bare (id, state, due, attempt, task, body) VALUES ($a, 0, $b, 0, 'noop', $c)", 3);
        _claim = new(
            connection,
            "UPDATE bare SET state = 1, due = $a + 30000000, attempt = attempt + 1 WHERE seq IN (SELECT seq FROM bare WHERE state = 0 AND due <= $a ORDER BY due LIMIT $b) RETURNING seq, id, attempt, task, body",
            2);
        _delete = new(connection, "DELETE FROM bare WHERE seq = $a AND state = 1", 1);
    }

    public string CallName => "INSERT";

    /// <summary>INSERT after INSERT, each a transaction.</summary>
    public BareLimit Call => new("INSERT", n => Task.FromResult(RateOfSingles(Math.Min(n, MostSingles))));

    /// <summary>Prepared INSERTs, 500 in a transaction.</summary>
    public BareLimit Add => new($"INSERTs by {AddSize}", n => Task.FromResult(n / AddAndTakeSeconds(n).Add));

    /// <summary>UPDATE ... RETURNING of 100, then the DELETEs of these in another transaction.</summary>
    public BareLimit Take => new($"claim+DELETEs by {TakeSize}", n => Task.FromResult(n / AddAndTakeSeconds(n).Take));

    /// <summary>Both, one after the other.</summary>
    public BareLimit AddAndTake => new(
        "both, one after the other",
        n =>
        {
            (double add, double take) = AddAndTakeSeconds(n);
            return Task.FromResult(n / (add + take));
        });

    public static async Task<BareSqlite> OpenAsync(DbDataSource source) =>
        new((SqliteConnection)await source.OpenConnectionAsync(), await FrameProbe.LengthAsync());

    public async Task<double[]> LatenciesAsync(int n, TimeSpan interval)
    {
        var latencies = new double[n];
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        for (var i = 0; i < n; i++)
        {
            await timer.WaitForNextTickAsync();
            long start = Stopwatch.GetTimestamp();
            Insert();
            latencies[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Run("DELETE FROM bare");
        Array.Sort(latencies);
        return latencies;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _claim.Dispose();
        _delete.Dispose();
        _connection.Dispose();
    }

    private static long Now() => (DateTimeOffset.UnixEpoch - TimeProvider.System.GetUtcNow()).Negate().Ticks / TimeSpan.TicksPerMicrosecond;

    private double RateOfSingles(int n)
    {
        long start = Stopwatch.GetTimestamp();
        for (var i = 0; i < n; i++)
        {
            Insert();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Run("DELETE FROM bare");
        return n / seconds;
    }

    private (double Add, double Take) AddAndTakeSeconds(int n)
    {
        long start = Stopwatch.GetTimestamp();
        for (var from = 0; from < n; from += AddSize)
        {
            Run("BEGIN IMMEDIATE");
            for (int i = from; i < Math.Min(n, from + AddSize); i++)
            {
                Insert();
            }

            Run("COMMIT");
        }

        double add = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        var taken = 0;
        for (var count = 1; count > 0; taken += count)
        {
            count = TakeBatch();
        }

        return taken == n ? (add, Stopwatch.GetElapsedTime(start).TotalSeconds) : throw new BenchException($"{n} bare rows were inserted, {taken} came back.");
    }

    private void Insert() => _insert.With(Guid.CreateVersion7().ToByteArray(bigEndian: true), Now(), _frame).ExecuteNonQuery();

    private int TakeBatch()
    {
        var rows = new List<(long Seq, Guid Id, byte[] Body)>(TakeSize);
        Run("BEGIN IMMEDIATE");
        using (DbDataReader reader = _claim.With(Now(), (long)TakeSize).ExecuteReader())
        {
            while (reader.Read())
            {
                rows.Add((reader.GetInt64(0), new Guid((byte[])reader.GetValue(1), bigEndian: true), (byte[])reader.GetValue(4)));
            }
        }

        Run("COMMIT");
        Run("BEGIN IMMEDIATE");
        foreach ((long seq, _, _) in rows)
        {
            if (_delete.With(seq).ExecuteNonQuery() != 1)
            {
                throw new BenchException("A bare row is gone.");
            }
        }

        Run("COMMIT");
        return rows.Count;
    }

#pragma warning disable CA2100 // Constant texts.
    private void Run(string text)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
#pragma warning restore CA2100
}
