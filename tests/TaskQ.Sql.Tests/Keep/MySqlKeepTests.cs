using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Keep;

public sealed class MySqlKeepTests() : KeepTests(new MariaDbDatabase());
