using System.Data;
using System.Data.Common;
using System.Globalization;
using MySql.Data.MySqlClient;
using TaskQ.Bench.Store;
using TaskQ.Sql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Bench.Sql;

/// <summary>MariaDB: a server of the bench's own with default settings, so that each commit waits for the disk.</summary>
internal sealed class MariaDbStore : ServerStore
{
    private const string Database = "bench";

    private const string Claim = """
        SELECT seq, id, attempt, task, body FROM bare FORCE INDEX (bare_due)
        WHERE state = 0 AND due <= TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) ORDER BY due LIMIT @max FOR UPDATE SKIP LOCKED
        """;

    private readonly MariaDbServer _server;
    private readonly MySqlDataSource _source;

    private MariaDbStore(MariaDbServer server)
    {
        _server = server;
        MySqlData.Use();
        using (var connection = new MySqlConnection(server.ConnectionString))
        {
            connection.Open();

            // MariaDB says first what old clients of MySQL understand.
            Description = $"MariaDB {connection.ServerVersion.Replace("5.5.5-", "", StringComparison.Ordinal)}, a process of its own with default settings";
            using var command = new MySqlCommand($"CREATE DATABASE {Database}", connection);
            command.ExecuteNonQuery();
        }

        _source = new MySqlDataSource($"{server.ConnectionString};Database={Database}");
        StopWhenTerminated();
    }

    public override string Description { get; }

    // Nobody tells: who waits looks each second.
    public override double MostIdleCalls => 8;

    public override IReadOnlyList<string> CreateBare =>
    [
        """
        CREATE TABLE bare (seq bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, id varbinary(32) NOT NULL UNIQUE, state smallint NOT NULL, due bigint NOT NULL,
          attempt int NOT NULL, task varchar(100) NOT NULL, body longblob NOT NULL, KEY bare_due (state, due)) ENGINE = InnoDB
        """,
    ];

    protected override SqlDialect Dialect => SqlDialect.MySql;

    protected override DbDataSource Source => _source;

    public static async Task<MariaDbStore> StartAsync() => new(await MariaDbServer.StartAsync());

    public override async Task InsertAsync(DbConnection connection, IReadOnlyList<BareRow> rows)
    {
        string values = string.Join(", ", rows.Select(static (row, i) => string.Create(
            CultureInfo.InvariantCulture, $"(x'{Convert.ToHexString(row.Id)}', 0, {row.Due}, 0, 'noop', @b{i})")));
        await using var command = Command(connection, $"INSERT INTO bare (id, state, due, attempt, task, body) VALUES {values}");
        for (var i = 0; i < rows.Count; i++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"@b{i}"), rows[i].Body);
        }

        await command.ExecuteNonQueryAsync();
    }

    public override async Task<long[]> ClaimAsync(DbConnection connection, int max)
    {
        var rows = new List<(long Seq, Guid Id, byte[] Body)>(max);
        await using DbTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await using MySqlCommand claim = Command(connection, Claim);
        claim.Parameters.AddWithValue("@max", max);
        await using (DbDataReader reader = await claim.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                rows.Add((reader.GetInt64(0), new Guid((byte[])reader.GetValue(1), bigEndian: true), (byte[])reader.GetValue(4)));
            }
        }

        long[] numbers = [.. rows.Select(static row => row.Seq)];
        if (numbers.Length > 0)
        {
            await using MySqlCommand mark = Command(
                connection, $"UPDATE bare FORCE INDEX (PRIMARY) SET state = 1, due = due + 30000000, attempt = attempt + 1 WHERE seq IN ({Among(numbers)})");
            await mark.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
        return numbers;
    }

    public override async Task<int> DeleteAsync(DbConnection connection, long[] rows)
    {
        await using MySqlCommand command = Command(connection, $"DELETE bare FROM bare FORCE INDEX (PRIMARY) WHERE seq IN ({Among(rows)}) AND state = 1");
        return await command.ExecuteNonQueryAsync();
    }

    public override async Task<ICallMonitor> MonitorAsync() => await StatusMonitor.StartAsync(_source);

    protected override async Task<int> FindProcessAsync()
    {
        await using DbCommand command = _source.CreateCommand("SELECT @@pid_file");
        return int.Parse(await File.ReadAllTextAsync((string)(await command.ExecuteScalarAsync())!), CultureInfo.InvariantCulture);
    }

    protected override ValueTask StopAsync() => _server.DisposeAsync();

    private static string Among(long[] rows) => string.Join(',', rows.Select(static row => row.ToString(CultureInfo.InvariantCulture)));

#pragma warning disable CA2100 // Constant texts, numbers and hexadecimal digits.
    private static MySqlCommand Command(DbConnection connection, string text) => new(text, (MySqlConnection)connection);
#pragma warning restore CA2100
}
