using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

public sealed class SqliteHostileNameTests : HostileNameTests
{
    private readonly SqliteDatabase _database;

    public SqliteHostileNameTests()
        : this(new SqliteDatabase())
    {
    }

    private SqliteHostileNameTests(SqliteDatabase database)
        : base(database) => _database = database;

    protected override Task<List<string>> ReadSchemaAsync() => Task.FromResult<List<string>>(
    [
        .. SqliteProbe.Read(_database.File, "SELECT type || name || COALESCE(sql, '') FROM sqlite_master ORDER BY name"),
        .. SqliteProbe.Read(_database.File, "PRAGMA integrity_check"),
    ]);

    protected override Task<List<string>> ReadQueuesAsync() => Task.FromResult(SqliteProbe.Read(_database.File, "SELECT name FROM taskq_queues"));
}
