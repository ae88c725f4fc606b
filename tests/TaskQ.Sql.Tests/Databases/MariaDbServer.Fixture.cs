namespace TaskQ.Sql.Tests.Databases;

/// <content>What only the tests need: a bench may start servers too.</content>
public sealed partial class MariaDbServer : IAsyncLifetime
{
    /// <summary>The server of this run.</summary>
    public static MariaDbServer Current { get; private set; } = null!;
}
