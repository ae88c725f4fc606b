using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

public sealed class PostgreSqlScriptTests() : ScriptTests(new PostgreSqlDatabase());
