using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

public sealed class MySqlOutboxTests() : OutboxTests(new MariaDbDatabase());
