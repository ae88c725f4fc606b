using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

public sealed class SqliteScriptTests() : ScriptTests(new SqliteDatabase());
