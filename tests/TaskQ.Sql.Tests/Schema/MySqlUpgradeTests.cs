using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

public sealed class MySqlUpgradeTests() : UpgradeTests(new MariaDbDatabase())
{
    /// <summary>Each statement commits by itself: those that a step that failed has run are run again.</summary>
    protected override string SecondStep => """
        CREATE TABLE IF NOT EXISTS taskq_more (id bigint PRIMARY KEY);

        ALTER TABLE taskq_messages ADD COLUMN IF NOT EXISTS priority bigint NOT NULL DEFAULT 7;
        """;
}
