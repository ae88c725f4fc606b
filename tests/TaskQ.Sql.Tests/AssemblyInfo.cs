using TaskQ.Sql.Tests.Databases;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]
