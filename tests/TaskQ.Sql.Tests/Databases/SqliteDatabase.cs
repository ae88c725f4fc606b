using System.Data.Common;
using System.Globalization;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>A file in a folder of its own. When a test is done with it, the plans of all statements that ran are looked at.</summary>
public sealed class SqliteDatabase : TestDatabase
{
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-sqlite-").FullName;

    public SqliteDatabase()
    {
        SystemSqlite.Use();
        DataSource = new TracedSqlite(File, Plans.Add);
    }

    public override SqlDialect Dialect => SqlDialect.Sqlite;

    public override DbDataSource DataSource { get; }

    public string File => Path.Combine(_folder, "queue.db");

    internal SqlitePlans Plans { get; } = new();

    // Past the trace: what a test reads need not have an index.
    public override Task<long> NumberAsync(string text) => Task.FromResult(long.Parse(SqliteProbe.Read(File, text)[0], CultureInfo.InvariantCulture));

    public override Task ExecuteAsync(string text)
    {
        SqliteProbe.Execute(File, text);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        List<string> bad = Plans.Count == 0 ? [] : Plans.Bad(File);
        Directory.Delete(_folder, recursive: true);
        Assert.Empty(bad);
    }
}
