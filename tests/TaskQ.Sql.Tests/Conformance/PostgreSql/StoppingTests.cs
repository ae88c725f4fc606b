using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.PostgreSql;

public sealed class StoppingTests() : Stopping(new SqlFixture(new PostgreSqlDatabase()));
