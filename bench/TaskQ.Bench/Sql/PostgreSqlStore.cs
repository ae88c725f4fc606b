using System.Data.Common;
using Npgsql;
using TaskQ.Bench.Store;
using TaskQ.Sql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Bench.Sql;

/// <summary>PostgreSQL: a server of the bench's own with default settings, so that each commit waits for the disk.</summary>
internal sealed class PostgreSqlStore : ServerStore
{
    private const string Claim = """
        UPDATE bare SET state = 1, due = due + 30000000, attempt = attempt + 1
        WHERE seq = ANY(ARRAY(SELECT seq FROM bare WHERE state = 0 AND due <= CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS bigint) ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED))
        RETURNING seq, id, attempt, task, body
        """;

    private readonly PostgreSqlServer _server;
    private readonly NpgsqlDataSource _source;

    private PostgreSqlStore(PostgreSqlServer server)
    {
        _server = server;
        _source = NpgsqlDataSource.Create(server.ConnectionString);
        using NpgsqlConnection connection = _source.OpenConnection();
        Description = $"PostgreSQL {connection.PostgreSqlVersion}, a process of its own with default settings";
        StopWhenTerminated();
    }

    public override string Description { get; }

    public override int AddSize => 1000;

    public override IReadOnlyList<string> CreateBare =>
    [
        """
        CREATE TABLE bare (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id bytea NOT NULL UNIQUE, state smallint NOT NULL, due bigint NOT NULL,
          attempt integer NOT NULL, task text NOT NULL, body bytea NOT NULL)
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0)
        """,
        "CREATE INDEX bare_due ON bare (due) WHERE state = 0",
    ];

    protected override SqlDialect Dialect => SqlDialect.PostgreSql;

    protected override DbDataSource Source => _source;

    public static async Task<PostgreSqlStore> StartAsync() => new(await PostgreSqlServer.StartAsync());

    public override async Task InsertAsync(DbConnection connection, IReadOnlyList<BareRow> rows)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO bare (id, state, due, attempt, task, body) SELECT id, 0, due, 0, 'noop', body FROM unnest($1, $2, $3) AS r (id, due, body)",
            (NpgsqlConnection)connection);
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Id)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. rows.Select(static row => row.Due)] });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = [.. rows.Select(static row => row.Body)] });
        await command.ExecuteNonQueryAsync();
    }

    public override async Task<long[]> ClaimAsync(DbConnection connection, int max)
    {
        var rows = new List<(long Seq, Guid Id, byte[] Body)>(max);
        await using var command = new NpgsqlCommand(Claim, (NpgsqlConnection)connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetInt64(0), new Guid((byte[])reader.GetValue(1), bigEndian: true), (byte[])reader.GetValue(4)));
        }

        return [.. rows.Select(static row => row.Seq)];
    }

    public override async Task<int> DeleteAsync(DbConnection connection, long[] rows)
    {
        await using var command = new NpgsqlCommand("DELETE FROM bare WHERE seq = ANY($1) AND state = 1", (NpgsqlConnection)connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = rows });
        return await command.ExecuteNonQueryAsync();
    }

    public override Task<ICallMonitor> MonitorAsync() => Task.FromResult<ICallMonitor>(new CommandMeter("Npgsql", "db.client.operation.duration"));

    protected override async Task<int> FindProcessAsync()
    {
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync();
        return ServerCpu.ParentOf(connection.ProcessID);
    }

    protected override ValueTask StopAsync() => _server.DisposeAsync();
}
