using System.Data.Common;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>An empty database of a test.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    public abstract SqlDialect Dialect { get; }

    public abstract DbDataSource DataSource { get; }

    public abstract ValueTask DisposeAsync();
}
