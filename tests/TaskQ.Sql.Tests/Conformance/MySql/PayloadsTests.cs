using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.MySql;

public sealed class PayloadsTests() : Payloads(new SqlFixture(new MariaDbDatabase()));
