using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.PostgreSql;

public sealed class PostgreSqlHostileNameTests : HostileNameTests
{
    private readonly PostgreSqlDatabase _database;

    public PostgreSqlHostileNameTests()
        : this(new PostgreSqlDatabase())
    {
    }

    private PostgreSqlHostileNameTests(PostgreSqlDatabase database)
        : base(database) => _database = database;

    protected override Task<List<string>> ReadSchemaAsync() => Probe.ReadAsync(
        _database.DataSource,
        """
        SELECT concat_ws(' ', table_name, column_name, data_type) FROM information_schema.columns
        WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
        """);

    protected override Task<List<string>> ReadQueuesAsync() => Probe.ReadAsync(_database.DataSource, "SELECT name FROM taskq_queues");
}
