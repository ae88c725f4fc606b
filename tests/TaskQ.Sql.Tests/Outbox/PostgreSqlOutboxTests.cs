using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

public sealed class PostgreSqlOutboxTests() : OutboxTests(new PostgreSqlDatabase());
