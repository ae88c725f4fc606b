using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.MySql;

public sealed class RetriesTests() : Retries(new SqlFixture(new MariaDbDatabase()));
