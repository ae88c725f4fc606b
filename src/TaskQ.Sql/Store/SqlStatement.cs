using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>A statement and the values of its parameters.</summary>
internal readonly struct SqlStatement(DbCommand command, bool isKept) : IAsyncDisposable
{
    public SqlStatement Set(string name, object? value)
    {
        int index = command.Parameters.IndexOf(name);
        if (index >= 0)
        {
            command.Parameters[index].Value = value ?? DBNull.Value;
            return this;
        }

        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return this;
    }

    /// <summary>Runs it.</summary>
    /// <returns>How many rows it changed.</returns>
    public async Task<int> ExecuteAsync(CancellationToken cancellationToken)
    {
        await using (this)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs it and reads each row of its result.</summary>
    public async Task<List<T>> ReadAsync<T>(Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using (this)
        {
            var rows = new List<T>();
            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }
            }

            return rows;
        }
    }

    /// <summary>Runs it and reads the only number of its result; null when there is none.</summary>
    public async Task<long?> ReadNumberAsync(CancellationToken cancellationToken)
    {
        List<long?> rows = await ReadAsync<long?>(static reader => reader.IsDBNull(0) ? null : reader.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask DisposeAsync() => isKept ? default : command.DisposeAsync();
}
