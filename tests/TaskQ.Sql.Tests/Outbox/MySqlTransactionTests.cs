using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

public sealed class MySqlTransactionTests() : TransactionTests(new MariaDbDatabase());
