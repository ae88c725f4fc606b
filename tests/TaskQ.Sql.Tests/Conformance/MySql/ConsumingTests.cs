using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.MySql;

public sealed class ConsumingTests() : Consuming(new SqlFixture(new MariaDbDatabase()));
