using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.MySql;

public sealed class MySqlHostileNameTests : HostileNameTests
{
    private readonly MariaDbDatabase _database;

    public MySqlHostileNameTests()
        : this(new MariaDbDatabase())
    {
    }

    private MySqlHostileNameTests(MariaDbDatabase database)
        : base(database) => _database = database;

    protected override Task<List<string>> ReadSchemaAsync() => Probe.ReadAsync(
        _database.DataSource,
        """
        SELECT CONCAT_WS(' ', table_name, column_name, column_type, collation_name, column_key) FROM information_schema.columns
        WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
        """);

    protected override Task<List<string>> ReadQueuesAsync() => Probe.ReadAsync(_database.DataSource, "SELECT CONVERT(name USING utf8mb4) FROM taskq_queues");
}
