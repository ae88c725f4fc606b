using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

public sealed class SqliteTransactionTests() : TransactionTests(new SqliteDatabase());
