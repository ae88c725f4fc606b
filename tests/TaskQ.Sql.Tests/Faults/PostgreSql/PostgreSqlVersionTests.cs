using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.PostgreSql;

[Collection(RealTimeCollection.Name)]
public sealed class PostgreSqlVersionTests() : VersionTests(new PostgreSqlDatabase())
{
    protected override IReadOnlyList<string> Changes =>
    [
        "ALTER TABLE taskq_messages ADD COLUMN priority int NOT NULL DEFAULT 0",
        "ALTER TABLE taskq_queues ADD COLUMN shown text",
        "CREATE TABLE taskq_more (id bigint PRIMARY KEY)",
        "CREATE INDEX taskq_messages_priority ON taskq_messages (queue, priority)",
        "VACUUM FULL taskq_messages",
    ];

    protected override string ChangeVersion => "UPDATE taskq_messages SET body = set_byte(body, 2, 127)";

    protected override string ReadBodies => "SELECT encode(body, 'hex') FROM taskq_messages";
}
