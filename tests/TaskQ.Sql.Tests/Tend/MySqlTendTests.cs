using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Tend;

public sealed class MySqlTendTests() : TendTests(new MariaDbDatabase());
