using TaskQ.Conformance;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance.PostgreSql;

public sealed class RetriesTests() : Retries(new SqlFixture(new PostgreSqlDatabase()));
