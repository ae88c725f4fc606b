using TaskQ.Sql.Store;

namespace TaskQ.Sql.Schema;

/// <summary>The tables: created once, checked at the first call.</summary>
internal sealed class SqlSchema : IDisposable
{
    private const long Version = 1;

    /// <summary>What stands for the prefix in the scripts.</summary>
    private const string ScriptPrefix = "taskq_";

    private readonly SqlDialect _dialect;
    private readonly SqlOptions _options;
    private readonly SqlLink _link;
    private readonly SqlStatements _statements;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isReady;

    public SqlSchema(SqlDialect dialect, SqlOptions options, SqlLink link)
    {
        _dialect = dialect;
        _options = options;
        _link = link;
        _statements = new SqlStatements(dialect, options.TablePrefix, usesQueueClock: false);
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Before any other statement of a queue.</summary>
    public ValueTask ReadyAsync(CancellationToken cancellationToken) => _isReady ? default : new ValueTask(CheckAsync(cancellationToken));

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (await ReadVersionAsync(cancellationToken).ConfigureAwait(false) is not { } version || version < Version)
        {
            await _link.RunAsync(
                writes: true,
                null,
                async (session, _, token) =>
                {
                    foreach (string statement in Script())
                    {
                        await session.Once(statement).ExecuteAsync(token).ConfigureAwait(false);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }

        _isReady = true;
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isReady)
            {
                return;
            }

            if (_options.CreateSchema)
            {
                await EnsureAsync(cancellationToken).ConfigureAwait(false);
                return;
            }

            long? version = await ReadVersionAsync(cancellationToken).ConfigureAwait(false);
            if (version is null or < Version)
            {
                throw new SqlUnavailableException(
                    $"The tables '{_options.TablePrefix}...' are {(version is null ? "missing" : $"of version {version}, not {Version}")}: call EnsureSchemaAsync, "
                    + $"set SqlOptions.CreateSchema, or run the script schema/{_dialect.Name}.sql of the package.");
            }

            _isReady = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The version of the tables, null when there are none.</summary>
    private async Task<long?> ReadVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _link.RunAsync(
                writes: false, null, (session, _, token) => session.Once(_statements.SchemaVersion).ReadNumberAsync(token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (SqlUnavailableException error) when (_dialect.IsMissingTable(error))
        {
            return null;
        }
    }

    private string[] Script()
    {
        using Stream stream = typeof(SqlSchema).Assembly.GetManifestResourceStream(_dialect.Name + ".sql")
            ?? throw new InvalidOperationException($"The script {_dialect.Name}.sql is not in the assembly.");
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd().ReplaceLineEndings("\n").Replace(ScriptPrefix, _options.TablePrefix, StringComparison.Ordinal);
        return text.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
