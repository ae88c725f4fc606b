using Microsoft.Data.Sqlite;

namespace TaskQ.Bench.Sql;

/// <summary>A prepared statement whose parameters are $a, $b, ...</summary>
internal sealed class BareStatement : IDisposable
{
    private readonly SqliteCommand _command;

    public BareStatement(SqliteConnection connection, string text, int parameters)
    {
        _command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts.
        _command.CommandText = text;
#pragma warning restore CA2100
        for (var i = 0; i < parameters; i++)
        {
            _command.Parameters.Add(new SqliteParameter($"${(char)('a' + i)}", null));
        }
    }

    public SqliteCommand With(params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i];
        }

        return _command;
    }

    public void Dispose() => _command.Dispose();
}
