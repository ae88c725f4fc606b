using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.MySql;

[Collection(RealTimeCollection.Name)]
public sealed class MySqlVersionTests() : VersionTests(new MariaDbDatabase())
{
    protected override IReadOnlyList<string> Changes =>
    [
        "ALTER TABLE taskq_messages ADD COLUMN priority int NOT NULL DEFAULT 0",
        "ALTER TABLE taskq_queues ADD COLUMN shown text",
        "CREATE TABLE taskq_more (id bigint PRIMARY KEY)",
        "CREATE INDEX taskq_messages_priority ON taskq_messages (queue, priority)",
        "ALTER TABLE taskq_messages ENGINE = InnoDB",
    ];

    protected override string ChangeVersion => "UPDATE taskq_messages SET body = INSERT(body, 3, 1, x'7F')";

    protected override string ReadBodies => "SELECT HEX(body) FROM taskq_messages";
}
