using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

public sealed class MySqlScriptTests() : ScriptTests(new MariaDbDatabase());
