using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Keep;

public sealed class PostgreSqlKeepTests() : KeepTests(new PostgreSqlDatabase());
