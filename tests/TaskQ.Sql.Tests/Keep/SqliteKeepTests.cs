using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Keep;

public sealed class SqliteKeepTests() : KeepTests(new SqliteDatabase());
