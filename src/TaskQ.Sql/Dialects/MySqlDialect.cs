using System.Data.Common;
using System.Globalization;
using System.Text;
using TaskQ.Backend;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql.Dialects;

/// <summary>
/// MariaDB and MySQL. 1. What locks rows names its index: on small tables the planner would read, and so lock, all of them.
/// 2. What is changed among others is looked for first, by a SELECT that leaves out or waits for the locked ones: an UPDATE can't say which
/// rows it has changed, and with a subquery it reads the whole table. 3. The connection may count rows that were found or that were changed:
/// no count is used that differs.
/// </summary>
internal sealed class MySqlDialect : SqlDialect
{
    /// <summary>How many bytes of frames one INSERT carries, unless a single one is larger.</summary>
    private const int InsertBytes = 1 << 20;

    /// <summary>From which size on a frame might not fit into a packet; a server takes no less than 1 MiB unless it is told to.</summary>
    private const int LargeFrame = 512 << 10;

    /// <summary>What a packet holds beside the frame: the other columns, of which the errors are the longest.</summary>
    private const int PacketRest = 64 << 10;

    internal override string Name => "mysql";

    /// <summary>The start of the statement, whatever the session's time zone: https://mariadb.com/kb/en/utc_timestamp/</summary>
    internal override string Now => "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))";

    /// <summary>Callers' transactions are REPEATABLE READ, unless they say otherwise; only a locking read sees past their snapshot.</summary>
    internal override string Latest => " FOR UPDATE";

    /// <summary>Not INSERT IGNORE, which would also cut what is too long, and whose shared locks on what exists become deadlocks.</summary>
    internal override string OrIgnore(string column) => $" ON DUPLICATE KEY UPDATE {column} = {column}";

    internal override string By(string table, string index) => $"{table} FORCE INDEX ({index})";

    /// <summary>Only a DELETE of the form for several tables takes an index.</summary>
    internal override string DeleteBy(string table, string index) => $"DELETE {table} FROM {By(table, index)}";

    internal override bool StoresAtOnce(ReadOnlySpan<NewMessage> messages)
    {
        long bytes = 0;
        foreach (ref readonly NewMessage message in messages)
        {
            bytes += message.Body.Frame!.Length;
        }

        return messages.Length == 1 || bytes <= InsertBytes;
    }

    internal override SqlLink CreateLink(DbDataSource dataSource, SqlOptions options) => new PollingLink(dataSource, this, options);

    /// <summary>The lock is the session's, because a change of tables ends transactions: https://mariadb.com/kb/en/get_lock/</summary>
    internal override async Task MigrateAsync(SqlSession session, Func<CancellationToken, Task> migrate, CancellationToken cancellationToken)
    {
        // Locks are the server's; a call does not wait this long.
        const string Lock = "CONCAT('taskq_schema_', MD5(COALESCE(DATABASE(), '')))";
        if (await session.Once($"SELECT GET_LOCK({Lock}, 3600)").ReadNumberAsync(cancellationToken).ConfigureAwait(false) != 1)
        {
            throw new SqlUnavailableException("The tables could not be created or changed: somebody else has been doing so for too long (GET_LOCK failed).");
        }

        try
        {
            await migrate(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await ReleaseAsync($"SELECT RELEASE_LOCK({Lock})").ConfigureAwait(false);
        }

        async Task ReleaseAsync(string text)
        {
            try
            {
                await session.Once(text).ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception error) when (error is DbException or InvalidOperationException)
            {
                // The connection is lost, and with it the lock. What it was lost by is told.
            }
        }
    }

    /// <summary>1. Lock what is next and free. 2. Write the lease. 3. Mark the messages.</summary>
    internal override async Task<Reservation> ReserveAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken)
    {
        List<SqlDelivery> claimed = await ClaimAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
        if (claimed.Count == 0 || !await AddLeaseAsync(session, statements, request, cancellationToken).ConfigureAwait(false))
        {
            return await ReadReservationAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
        }

        await session.Once($"{statements.UpdateBySeq} SET state = 2, lease = @lease WHERE seq IN ({Rows(claimed.ConvertAll(static row => row.Seq))})")
            .Set("@lease", request.Lease)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return new Reservation(claimed, IsRepeated: false);
    }

    private protected override Task<List<SqlDelivery>> ClaimAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken) =>
        session.Fixed($"SELECT {SqlStatements.Claimed} {statements.NextClaims}")
            .Set("@queue", request.Queue)
            .Set("@state", (long)request.State)
            .Set("@max", (long)request.Max)
            .ReadAsync(ClaimedRow.Read, cancellationToken);

    /// <summary>INSERT IGNORE, because its count tells a lease that is new from one that is not; it can't cut anything here.</summary>
    private static async Task<bool> AddLeaseAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken) =>
        await session.Fixed($"INSERT IGNORE INTO {statements.Leases} (id, queue, until) VALUES (@lease, @queue, {statements.Now} + @duration)")
            .Set("@lease", request.Lease)
            .Set("@queue", request.Queue)
            .Set("@duration", request.Duration)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false) > 0;

    internal override async Task<int> ChangeAsync(
        SqlSession session, string change, string key, string select, Func<SqlStatement, SqlStatement> set, CancellationToken cancellationToken)
    {
        List<string> keys = await set(session.Fixed(select))
            .ReadAsync(static reader => reader.GetValue(0) is byte[] bytes ? Hex(bytes) : Number(reader.GetInt64(0)), cancellationToken).ConfigureAwait(false);
        return keys.Count == 0
            ? 0
            : await set(session.Once($"{change} {key} IN ({string.Join(',', keys)})")).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The look does not lock: within a DELETE it would wait for those who settle.</summary>
    internal override async Task<int> DeleteEmptyLeaseAsync(
        SqlSession session, SqlStatements statements, long queue, byte[] lease, CancellationToken cancellationToken)
    {
        List<long> held = await session.Fixed(statements.HeldNow).Set("@queue", queue).Set("@lease", lease)
            .ReadAsync(static reader => reader.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return held.Count > 0
            ? 0
            : await session.Fixed(statements.DeleteLease).Set("@lease", lease).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// One statement each: a DELETE of what has ended would, where there is nothing, lock a gap that others then can't insert into. Assignments
    /// run from left to right, so what the others ask for comes last: https://dev.mysql.com/doc/refman/8.0/en/update.html. Only a look tells
    /// whose a name is, whichever rows the connection counts.
    /// </summary>
    internal override async Task TakeNamesAsync(
        SqlSession session, SqlStatements statements, long queue, IReadOnlyList<NameClaim> claims, CancellationToken cancellationToken)
    {
        string ended = $"IF(until <= {statements.Now}";
        string take = $"""
            INSERT INTO {statements.Names} (name, queue, message, until, name_ends) VALUES (@name, @queue, @message, {statements.Now} + @window, @name_ends)
            ON DUPLICATE KEY UPDATE queue = {ended}, @queue, queue), message = {ended}, @message, message), name_ends = {ended}, @name_ends, name_ends),
              until = {ended}, {statements.Now} + @window, until)
            """;
        foreach (NameClaim claim in claims)
        {
            await session.Fixed(take)
                .Set("@name", claim.Key)
                .Set("@queue", queue)
                .Set("@message", claim.MessageId)
                .Set("@window", claim.Window)
                .Set("@name_ends", claim.Ends ? 1L : 0L)
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await ReadHoldersAsync(session, statements, [claim], isTaken: true, cancellationToken).ConfigureAwait(false);
            claim.Holder = claim.Holder == claim.Message ? null : claim.Holder;
        }
    }

    internal override async Task InsertAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<MessageRow> rows, bool mayBeStored, CancellationToken cancellationToken)
    {
        int start = 0;
        while (start < rows.Count)
        {
            int end = start;
            long bytes = 0;
            do
            {
                bytes += rows[end++].Body.Length;
            }
            while (end < rows.Count && bytes + rows[end].Body.Length <= InsertBytes);

            if (bytes >= LargeFrame)
            {
                await CheckPacketAsync(session, rows[start], cancellationToken).ConfigureAwait(false);
            }

            await InsertAsync(session, statements, rows, start, end, cancellationToken).ConfigureAwait(false);
            start = end;
        }
    }

    internal override bool IsMissingTable(SqlUnavailableException error) => error.InnerException is DbException inner && CodeOf(inner) == 1146;

    /// <summary>
    /// Deadlocks, locks that took too long, rows and tables that have changed meanwhile, too many connections, shutdowns, lost connections:
    /// https://mariadb.com/kb/en/mariadb-error-code-reference/; and what the driver says of errors without a code.
    /// </summary>
    internal override bool IsTransient(DbException error) => CodeOf(error) switch
    {
        1213 or 1205 or 1020 or 1412 or 1040 or 1203 or 1042 or 1053 or 1077 or 1079 or 1152 or 1158 or 1159 or 1160 or 1161 or 1184 or 1927 => true,
        >= 2000 and < 2100 => true,
        > 0 => false,
        _ => error.IsTransient || error.GetBaseException() is IOException or System.Net.Sockets.SocketException,
    };

    /// <summary>Deadlocks, after which the server rolls all back, and connections that it refused.</summary>
    internal override bool IsRolledBack(DbException error) => CodeOf(error) is 1213 or 1040 or 1203;

    /// <summary>The server's number of an error: each driver keeps it here; 0 for an error that is the driver's own.</summary>
    private static int CodeOf(DbException error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is DbException && cause.Data["Server Error Code"] is int code and > 0)
            {
                return code;
            }
        }

        return 0;
    }

    /// <summary>Says what is too large, before the server closes the connection over it.</summary>
    private static async Task CheckPacketAsync(SqlSession session, MessageRow row, CancellationToken cancellationToken)
    {
        long limit = await session.Fixed("SELECT @@max_allowed_packet").ReadNumberAsync(cancellationToken).ConfigureAwait(false) - PacketRest ?? long.MaxValue;
        if (row.Body.Length > limit)
        {
            throw new PayloadException(
                $"A message of task '{row.Task}' has {row.Body.Length} bytes; the database takes {limit} at most: raise its max_allowed_packet, or lower QueueOptions.MaxMessageSize.");
        }
    }

    /// <summary>Short texts, because a driver may read them letter by letter: numbers and ids stand in it, and a task's name is one parameter.</summary>
    private Task<int> InsertAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<MessageRow> rows, int start, int end, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(256 + (200 * (end - start))).Append(CultureInfo.InvariantCulture, $"INSERT INTO {statements.Messages} ({statements.InsertColumns}) VALUES");
        var tasks = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = start; i < end; i++)
        {
            MessageRow row = rows[i];
            if (!tasks.TryGetValue(row.Task, out string? task))
            {
                task = string.Create(CultureInfo.InvariantCulture, $"@t{tasks.Count}");
                tasks.Add(row.Task, task);
            }

            text.Append(i == start ? " " : ", ").Append(CultureInfo.InvariantCulture, $"({row.Queue}, x'{Convert.ToHexString(row.Id)}', 0, ");
            _ = row is { Due: 0, Delay: 0 }
                ? text.Append(statements.Now)
                : text.Append(CultureInfo.InvariantCulture, $"GREATEST({row.Due}, {statements.Now} + {row.Delay})");
            text.Append(CultureInfo.InvariantCulture, $", {Hex(row.Name)}, {(row.NameEnds ? 1 : 0)}, {row.Enqueued}, {task}, @b{i - start})");
        }

        SqlStatement statement = session.Once(text.Append(OrIgnore("id")).ToString());
        foreach ((string name, string parameter) in tasks)
        {
            statement = statement.Set(parameter, name);
        }

        for (int i = start; i < end; i++)
        {
            statement = statement.Set(string.Create(CultureInfo.InvariantCulture, $"@b{i - start}"), rows[i].Body);
        }

        return statement.ExecuteAsync(cancellationToken);
    }

    private static string Hex(byte[]? bytes) => bytes is null ? "NULL" : $"x'{Convert.ToHexString(bytes)}'";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Rows(List<long> rows) => string.Join(',', rows.ConvertAll(Number));
}
