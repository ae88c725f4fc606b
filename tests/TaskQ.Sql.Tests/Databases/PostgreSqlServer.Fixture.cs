namespace TaskQ.Sql.Tests.Databases;

/// <content>What only the tests need: the bench starts servers too.</content>
public sealed partial class PostgreSqlServer : IAsyncLifetime
{
    /// <summary>The server of this run.</summary>
    public static PostgreSqlServer Current { get; private set; } = null!;
}
