using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>Statements that go to the database together: one round trip, and one transaction when none is open.</summary>
internal sealed class SqlBatch(DbBatch batch, long? now) : IAsyncDisposable
{
    private DbBatchCommand? _last;

    public bool IsEmpty => batch.BatchCommands.Count == 0;

    /// <summary>Adds a statement.</summary>
    public SqlBatch Add(string text)
    {
        _last = batch.CreateBatchCommand();
#pragma warning disable CA2100 // As in a session.
        _last.CommandText = text;
#pragma warning restore CA2100
        batch.BatchCommands.Add(_last);
        return now is { } time && text.Contains(SqlSession.NowParameter, StringComparison.Ordinal) ? Set(SqlSession.NowParameter, time) : this;
    }

    /// <summary>Sets a parameter of the statement that was added last.</summary>
    public SqlBatch Set(string name, object value)
    {
        DbParameter parameter = _last!.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        _last.Parameters.Add(parameter);
        return this;
    }

    /// <summary>Runs them; the reader stands at the first result.</summary>
    public Task<DbDataReader> ExecuteAsync(CancellationToken cancellationToken) => batch.ExecuteReaderAsync(cancellationToken);

    public ValueTask DisposeAsync() => batch.DisposeAsync();
}
