using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Tend;

public sealed class SqliteTendTests() : TendTests(new SqliteDatabase());
