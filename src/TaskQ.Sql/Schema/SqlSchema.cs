using TaskQ.Sql.Store;

namespace TaskQ.Sql.Schema;

/// <summary>
/// The tables: created or brought up to date once, checked at the first call. Each version is a script that makes it of the one before;
/// the first makes it of nothing. Later ones are in files such as postgresql.2.sql. Those of MySQL, where each statement commits by itself, must
/// be such that they can be run again after a part of them.
/// </summary>
internal sealed class SqlSchema : IDisposable
{
    /// <summary>Versions up to the next hundred only add to the tables: older code works on them too. From there on it doesn't.</summary>
    private const long Breaking = 100;

    /// <summary>What stands for the prefix in the scripts.</summary>
    private const string ScriptPrefix = "taskq_";

    private readonly SqlDialect _dialect;
    private readonly SqlOptions _options;
    private readonly SqlLink _link;
    private readonly SqlStatements _statements;
    private readonly IReadOnlyList<string> _steps;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isReady;

    public SqlSchema(SqlDialect dialect, SqlOptions options, SqlLink link)
        : this(dialect, options, link, Steps(dialect.Name))
    {
    }

    /// <param name="dialect">The dialect.</param>
    /// <param name="options">The options.</param>
    /// <param name="link">The way to the database.</param>
    /// <param name="steps">The scripts, one for each version.</param>
    internal SqlSchema(SqlDialect dialect, SqlOptions options, SqlLink link, IReadOnlyList<string> steps)
    {
        _steps = steps;
        _dialect = dialect;
        _options = options;
        _link = link;
        _statements = new SqlStatements(dialect, options.TablePrefix, usesQueueClock: false);
    }

    private long Version => _steps.Count;

    /// <summary>The scripts of a dialect.</summary>
    internal static List<string> Steps(string dialect)
    {
        List<string> steps = [];
        for (string? text = Read(dialect + ".sql"); text is not null; text = Read($"{dialect}.{steps.Count + 1}.sql"))
        {
            steps.Add(text);
        }

        return steps.Count > 0 ? steps : throw new InvalidOperationException($"The script {dialect}.sql is not in the assembly.");
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Before any other statement of a queue.</summary>
    public ValueTask ReadyAsync(CancellationToken cancellationToken) => _isReady ? default : new ValueTask(CheckAsync(cancellationToken));

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        long? version = await ReadVersionAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfNewer(version);
        if (version is null || version < Version)
        {
            await _link.RunAsync(
                writes: true,
                null,
                async (session, _, token) =>
                {
                    await _dialect.MigrateAsync(session, inner => MigrateAsync(session, inner), token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }

        _isReady = true;
    }

    /// <summary>From whatever version there is to this one, in one transaction where the database can, while nobody else does so.</summary>
    private async Task MigrateAsync(SqlSession session, CancellationToken cancellationToken)
    {
        // Somebody else may have done a part of it meanwhile.
        await session.Once($"CREATE TABLE IF NOT EXISTS {_statements.Schema} (version bigint PRIMARY KEY)").ExecuteAsync(cancellationToken).ConfigureAwait(false);
        long version = await session.Once(_statements.SchemaVersion).ReadNumberAsync(cancellationToken).ConfigureAwait(false) ?? 0;
        ThrowIfNewer(version);
        for (long done = version; done < Version; done++)
        {
            foreach (string statement in Split(_steps[(int)done]))
            {
                await session.Once(statement).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            }

            await session.Once($"INSERT INTO {_statements.Schema} (version) VALUES (@version){_dialect.OrIgnore("version")}")
                .Set("@version", done + 1)
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void ThrowIfNewer(long? version)
    {
        long most = ((Version / Breaking) + 1) * Breaking;
        if (version >= most)
        {
            throw new SqlUnavailableException(
                $"The tables '{_options.TablePrefix}...' are of version {version}, and this version of TaskQ knows {Version} and can work with those below {most}: update TaskQ in this process.");
        }
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
            ThrowIfNewer(version);
            if (version is null || version < Version)
            {
                throw new SqlUnavailableException(
                    $"The tables '{_options.TablePrefix}...' are {(version is null ? "missing" : $"of version {version}, not {Version}")}: call EnsureSchemaAsync, "
                    + $"set SqlOptions.CreateSchema, or run the script schema/{_dialect.Name}/taskq.sql of the package.");
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

    /// <summary>Its statements. Where a script begins and ends a transaction, that is for those who run it by hand: here there is one already.</summary>
    private IEnumerable<string> Split(string script) => script.ReplaceLineEndings("\n")
        .Replace(ScriptPrefix, _options.TablePrefix, StringComparison.Ordinal)
        .Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Where(static statement => statement[(statement.LastIndexOf('\n') + 1)..] is not ("BEGIN" or "COMMIT" or "COMMIT;"));

    private static string? Read(string name)
    {
        using Stream? stream = typeof(SqlSchema).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
