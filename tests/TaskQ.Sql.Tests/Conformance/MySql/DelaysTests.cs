using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.MySql;

public sealed class DelaysTests() : Delays(new SqlFixture(new MariaDbDatabase()));
