using System.Data.Common;
using TaskQ.Backend;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql.Dialects;

/// <summary>PostgreSQL. Arrays are parameters, which the driver must be able to send, as Npgsql is.</summary>
internal sealed class PostgreSqlDialect : SqlDialect
{
    private const string UniqueViolation = "23505";

    internal override string Name => "postgresql";

    /// <summary>The start of the statement: https://www.postgresql.org/docs/15/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT</summary>
    internal override string Now => "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS bigint)";

    internal override bool IsOneStatement => true;

    internal override bool HasArrays => true;

    /// <summary>Names its index: without, the other ones are looked into as well.</summary>
    internal override string OrIgnore(string column) => $" ON CONFLICT ({column}) DO NOTHING";

    internal override SqlLink CreateLink(DbDataSource dataSource, SqlOptions options) => new ListeningLink(dataSource, this, options);

    /// <summary>The transaction's end unlocks.</summary>
    internal override async Task MigrateAsync(SqlSession session, Func<CancellationToken, Task> migrate, CancellationToken cancellationToken)
    {
        await session.Once("SELECT pg_advisory_xact_lock(hashtext('taskq_schema'))").ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await migrate(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Claim and lease are one statement.</summary>
    internal override async Task<Reservation> ReserveAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken)
    {
        List<SqlDelivery> claimed = await ClaimAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
        return claimed.Count > 0
            ? new Reservation(claimed, IsRepeated: false)
            : await ReadReservationAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
    }

    private protected override Task<List<SqlDelivery>> ClaimAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken) =>
        session.Fixed(ClaimText(statements))
            .Set("@queue", request.Queue)
            .Set("@lease", request.Lease)
            .Set("@state", (long)request.State)
            .Set("@max", (long)request.Max)
            .Set("@duration", request.Duration)
            .Set("@from", request.From)
            .ReadAsync(ClaimedRow.Read, cancellationToken);

    internal override async Task<QuickExchange?> ExchangeAsync(
        SqlSession session, SqlStatements statements, SettlementSet settlements, bool keeps, ClaimRequest? request, CancellationToken cancellationToken)
    {
        if (session.Batch() is not { } batch)
        {
            return null;
        }

        await using (batch.ConfigureAwait(false))
        {
            int groups = AddSettlements(batch, statements, settlements, keeps);
            if (request is { } claim)
            {
                batch.Add(statements.HeadFrom)
                    .Set("@queue", claim.Queue)
                    .Set("@from", claim.From)
                    .Add(ClaimText(statements))
                    .Set("@queue", claim.Queue)
                    .Set("@lease", claim.Lease)
                    .Set("@state", (long)claim.State)
                    .Set("@max", (long)claim.Max)
                    .Set("@duration", claim.Duration)
                    .Set("@from", claim.From);
            }

            var exchange = new QuickExchange([], null, []);
            if (batch.IsEmpty)
            {
                return exchange;
            }

            DbDataReader reader = await batch.ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await ReadAsync(reader, groups, request is not null, exchange, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>How many results they have.</returns>
    private static int AddSettlements(SqlBatch batch, SqlStatements statements, SettlementSet settlements, bool keeps)
    {
        string finish = (keeps ? $"UPDATE {statements.Messages} {statements.Keep}" : $"DELETE FROM {statements.Messages}")
            + " WHERE seq = ANY(@rows) AND state = 2 AND lease = @lease RETURNING seq";
        foreach (SettlementGroup group in settlements.Groups)
        {
            batch.Add(group.HasNames ? FinishNamed(statements, finish) : finish).Set("@rows", group.RowNumbers()).Set("@lease", group.Lease.Id);
        }

        byte[][] ended = [.. settlements.Leases.Where(lease => settlements.LeftOf(lease) <= 0).Select(static lease => lease.Id)];
        if (ended.Length > 0)
        {
            batch.Add($"DELETE FROM {statements.Leases} WHERE id = ANY(@leases)").Set("@leases", ended);
        }

        return settlements.Groups.Count;
    }

    /// <summary>Only the names of those that were held.</summary>
    private static string FinishNamed(SqlStatements statements, string finish) => $"""
        WITH done AS ({finish}, id, name, name_ends), freed AS (
          DELETE FROM {statements.Names} n USING done d WHERE d.name_ends = 1 AND n.name = d.name AND n.message = d.id
        )
        SELECT seq FROM done
        """;

    /// <summary>Statements without rows have no result.</summary>
    private static async Task<QuickExchange> ReadAsync(
        DbDataReader reader, int groups, bool fetches, QuickExchange exchange, CancellationToken cancellationToken)
    {
        for (int i = 0; i < groups; i++)
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                exchange.Settled.Add(reader.GetInt64(0));
            }

            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        Head? head = null;
        if (fetches)
        {
            head = await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? Head.Read(reader) : null;
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                exchange.Claimed.Add(ClaimedRow.Read(reader));
            }
        }

        // What fails after the last row fails here.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return exchange with { Head = head };
    }

    /// <summary>An array, because the planner may run a subquery more than once, and then it reserves more than the limit.</summary>
    private static string ClaimText(SqlStatements statements) => $"""
        WITH claimed AS (
          UPDATE {statements.Messages} SET state = 2, lease = @lease
          WHERE seq = ANY(ARRAY(SELECT seq {statements.NextClaimsFrom}))
            AND NOT EXISTS (SELECT 1 FROM {statements.Leases} WHERE id = @lease)
            AND EXISTS (SELECT 1 FROM {statements.Queues} WHERE id = @queue AND paused = 0)
          RETURNING {SqlStatements.Claimed}
        ), leased AS (
          INSERT INTO {statements.Leases} (id, queue, until) SELECT @lease, @queue, {statements.Now} + @duration WHERE EXISTS (SELECT 1 FROM claimed)
        )
        SELECT {SqlStatements.Claimed} FROM claimed
        """;

    /// <summary>
    /// What is most likely new is stored without a look for what is there, which costs a third of it; should something be there after all, the
    /// statement fails, and the look comes after. A transaction would be lost by that, so it always looks.
    /// </summary>
    internal override async Task InsertAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<MessageRow> rows, bool mayBeStored, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var columns = new MessageColumns(rows);
        if (!mayBeStored && !session.HasTransaction)
        {
            try
            {
                await InsertAsync(session, statements, rows[0].Queue, columns, "", cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DbException error) when (error.SqlState == UniqueViolation)
            {
                // Nothing of it is stored: now with the look.
            }
        }

        await InsertAsync(session, statements, rows[0].Queue, columns, OrIgnore("id"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The time is a subquery, which is run once, not for each row.</summary>
    private static Task<int> InsertAsync(
        SqlSession session, SqlStatements statements, long queue, MessageColumns columns, string orIgnore, CancellationToken cancellationToken)
    {
        string insert = $"INSERT INTO {statements.Messages} ({statements.InsertColumns}) SELECT @queue, r.id, 0,";
        string now = $"(SELECT {statements.Now})";
        string tell = $"SELECT pg_notify({ListeningLink.Channel(statements)}, @queue || ' ' ||";
        if (columns.ArePlain)
        {
            return Set(session.Fixed($"""
                WITH added AS (
                  {insert} {now}, NULL, 0, r.enqueued, r.task, r.body
                  FROM unnest(@id, @enqueued, @task, @body) AS r (id, enqueued, task, body){orIgnore}
                )
                {tell} '0')
                """)).ExecuteAsync(cancellationToken);
        }

        return Set(session.Fixed($"""
            WITH added AS (
              {insert} GREATEST(r.due, {now} + r.delay), r.name, r.name_ends, r.enqueued, r.task, r.body
              FROM unnest(@id, @due, @delay, @name, @name_ends, @enqueued, @task, @body) AS r (id, due, delay, name, name_ends, enqueued, task, body){orIgnore}
            )
            {tell} GREATEST(0, MIN(GREATEST(r.due - {now}, r.delay))))
            FROM unnest(@due, @delay) AS r (due, delay) WHERE GREATEST(r.due, {now} + r.delay) <= {now} + @soon HAVING COUNT(*) > 0
            """))
            .Set("@due", columns.Dues)
            .Set("@delay", columns.Delays)
            .Set("@name", columns.Names)
            .Set("@name_ends", columns.NameEnds)
            .Set("@soon", StoreTime.FromSpan(WakeUp.Soon))
            .ExecuteAsync(cancellationToken);

        SqlStatement Set(SqlStatement statement) => statement
            .Set("@queue", queue)
            .Set("@id", columns.Ids)
            .Set("@enqueued", columns.Enqueued)
            .Set("@task", columns.Tasks)
            .Set("@body", columns.Bodies);
    }

    /// <summary>One statement. The rows are locked in the order in which settlements end leases.</summary>
    internal override Task BeatAsync(
        SqlSession session, SqlStatements statements, long queue, byte[][] leases, long duration, Beat beat, CancellationToken cancellationToken) =>
        ReadBeatAsync(
            session.Fixed($"""
                WITH held AS (
                  {statements.ExtendLeases}id = ANY(ARRAY({statements.LeaseIdsAmong}id = ANY(@leases) ORDER BY id FOR UPDATE)) RETURNING id
                )
                SELECT id, 0::bigint FROM held UNION ALL {statements.Cancelled}
                """)
                .Set("@queue", queue)
                .Set("@leases", leases)
                .Set("@duration", duration),
            beat,
            cancellationToken);

    private protected override string IsAmong(string key, string select) => $"{key} = ANY(ARRAY({select}))";

    internal override async Task ReadHoldersAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<NameClaim> claims, bool isTaken, CancellationToken cancellationToken)
    {
        List<(byte[] Name, Guid Holder)> holders = await session
            .Fixed($"SELECT name, message FROM {statements.Names} WHERE name = ANY(@name){(isTaken ? "" : statements.IsNotEnded)}")
            .Set("@name", new NameColumns(claims).Names)
            .ReadAsync(static reader => ((byte[])reader.GetValue(0), new Guid((byte[])reader.GetValue(1), bigEndian: true)), cancellationToken)
            .ConfigureAwait(false);
        holders.Sort(static (left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        int next = 0;
        foreach (NameClaim claim in claims)
        {
            bool isHeld = next < holders.Count && holders[next].Name.AsSpan().SequenceEqual(claim.Key);
            claim.Holder = isHeld ? holders[next++].Holder : null;
        }
    }

    /// <summary>All at once. Those that are taken are locked by it: nobody frees them before their holder is read.</summary>
    internal override async Task TakeNamesAsync(
        SqlSession session, SqlStatements statements, long queue, IReadOnlyList<NameClaim> claims, CancellationToken cancellationToken)
    {
        if (claims.Count == 0)
        {
            return;
        }

        var columns = new NameColumns(claims);
        int taken = await session.Fixed($"""
            INSERT INTO {statements.Names} AS n (name, queue, message, until, name_ends)
            SELECT r.name, @queue, r.message, (SELECT {statements.Now}) + r.span, r.ends
            FROM unnest(@name, @message, @window, @name_ends) AS r (name, message, span, ends)
            ON CONFLICT (name) DO UPDATE SET queue = EXCLUDED.queue, message = EXCLUDED.message, until = EXCLUDED.until, name_ends = EXCLUDED.name_ends
            WHERE n.until <= {statements.Now}
            """)
            .Set("@queue", queue)
            .Set("@name", columns.Names)
            .Set("@message", columns.Messages)
            .Set("@window", columns.Windows)
            .Set("@name_ends", columns.Ends)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (taken < claims.Count)
        {
            await ReadHoldersAsync(session, statements, claims, isTaken: true, cancellationToken).ConfigureAwait(false);
        }
    }

    internal override Task FreeNamesAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<(byte[] Name, byte[] Message)> names, CancellationToken cancellationToken)
    {
        string held = $"""
            SELECT n.name FROM unnest(@name, @message) AS r (name, message) JOIN {statements.Names} n ON n.name = r.name AND n.message = r.message
            ORDER BY n.name FOR UPDATE OF n
            """;
        return session.Fixed($"DELETE FROM {statements.Names} WHERE {IsAmong("name", held)}")
            .Set("@name", names.Select(static pair => pair.Name).ToArray())
            .Set("@message", names.Select(static pair => pair.Message).ToArray())
            .ExecuteAsync(cancellationToken);
    }

    internal override Task TellAsync(SqlSession session, SqlStatements statements, WakeUp wakeUp, CancellationToken cancellationToken) =>
        session.Fixed($"SELECT pg_notify({ListeningLink.Channel(statements)}, @text)").Set("@text", wakeUp.ToString()).ExecuteAsync(cancellationToken);

    internal override bool IsMissingTable(SqlUnavailableException error) => error.InnerException is DbException { SqlState: "42P01" };

    /// <summary>
    /// Serialization failures and deadlocks, too many connections, locks that took too long, shutdowns, lost connections: https://www.postgresql.org/docs/15/errcodes-appendix.html;
    /// and what the driver says of errors without a code.
    /// </summary>
    internal override bool IsTransient(DbException error) =>
        error.SqlState is "40001" or "40P01" or "53300" or "55P03" or "57P01" or "57P02" or "57P03"
        || error.SqlState?.StartsWith("08", StringComparison.Ordinal) == true
        || (error.SqlState is null && (error.IsTransient || error.InnerException is IOException));

    /// <summary>A serialization failure, which READ COMMITTED has none of: https://www.postgresql.org/docs/15/transaction-iso.html</summary>
    internal override bool IsTooStrict(DbException error) => error.SqlState == "40001";

    /// <summary>Deadlocks, serialization failures, locks that took too long: the server says so.</summary>
    internal override bool IsRolledBack(DbException error) => error.SqlState is "40001" or "40P01" or "55P03" or "53300";
}
