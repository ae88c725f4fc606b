using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>A file in a folder of its own.</summary>
public sealed class SqliteDatabase : TestDatabase
{
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-sqlite-").FullName;

    public SqliteDatabase()
    {
        SystemSqlite.Use();
        DataSource = SqliteFactory.Instance.CreateDataSource($"Data Source={File};Pooling=False");
    }

    public override SqlDialect Dialect => SqlDialect.Sqlite;

    public override DbDataSource DataSource { get; }

    public string File => Path.Combine(_folder, "queue.db");

    public override async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
