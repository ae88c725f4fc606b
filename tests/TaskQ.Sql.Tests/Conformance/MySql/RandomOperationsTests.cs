using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.MySql;

public sealed class RandomOperationsTests() : RandomOperations(new SqlFixture(new MariaDbDatabase()));
