using System.Data.Common;
using TaskQ.Backend;
using TaskQ.Sql.Dialects;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>The kind of database: what differs between them in SQL.</summary>
public abstract class SqlDialect
{
    private protected SqlDialect()
    {
    }

    /// <summary>The name of the index of a table's primary key.</summary>
    internal const string PrimaryKey = "PRIMARY";

    /// <summary>SQLite 3.35 or newer.</summary>
    public static SqlDialect Sqlite { get; } = new SqliteDialect();

    /// <summary>PostgreSQL 12 or newer. The driver must be able to send arrays as parameters, as Npgsql is.</summary>
    public static SqlDialect PostgreSql { get; } = new PostgreSqlDialect();

    /// <summary>MariaDB 10.6 or newer, MySQL 8.0 or newer.</summary>
    public static SqlDialect MySql { get; } = new MySqlDialect();

    /// <summary>The value of the telemetry attribute <c>messaging.system</c>, and the name of the script of the schema.</summary>
    internal abstract string Name { get; }

    /// <summary>The database's time in whole microseconds since 1970, the same throughout a statement.</summary>
    internal abstract string Now { get; }

    /// <summary>The function that gives the greatest of its arguments.</summary>
    internal virtual string Greatest => "GREATEST";

    /// <summary>What follows a SELECT that must see what other transactions have committed, although its own began before.</summary>
    internal virtual string Latest => "";

    /// <summary>What follows a SELECT of rows that the transaction will change.</summary>
    internal virtual string ForUpdate => " FOR UPDATE";

    /// <summary>What follows a SELECT of such rows, when those of other transactions are to be left out.</summary>
    internal virtual string SkipLocked => " FOR UPDATE SKIP LOCKED";

    /// <summary>Whether messages are stored by one statement and reserved by one: no transaction is needed around it.</summary>
    internal virtual bool IsOneStatement => false;

    /// <summary>Whether these messages, when none has a name, are stored by one statement.</summary>
    internal virtual bool StoresAtOnce(ReadOnlySpan<NewMessage> messages) => IsOneStatement;

    /// <summary>Whether transactions lock rows, such as those of names, and so wait for each other one by one.</summary>
    internal virtual bool LocksRows => true;

    /// <summary>Whether a parameter can be an array.</summary>
    internal virtual bool HasArrays => false;

    /// <summary>What follows an INSERT that leaves a row alone that exists already.</summary>
    /// <param name="column">A column of the table.</param>
    internal virtual string OrIgnore(string column) => " ON CONFLICT DO NOTHING";

    /// <summary>A table in a FROM or an UPDATE, and by which index its rows are to be found, should the database not know.</summary>
    internal virtual string By(string table, string index) => table;

    /// <summary>A DELETE as far as the table, and by which index the rows are to be found.</summary>
    internal virtual string DeleteBy(string table, string index) => "DELETE FROM " + table;

    /// <summary>Changes the tables while nobody else does. Here a transaction that writes is alone anyway.</summary>
    internal virtual Task MigrateAsync(SqlSession session, Func<CancellationToken, Task> migrate, CancellationToken cancellationToken) => migrate(cancellationToken);

    /// <summary>Opens the way to the database.</summary>
    internal abstract SqlLink CreateLink(DbDataSource dataSource, SqlOptions options);

    /// <summary>Reserves messages under a lease, which is written if there are any.</summary>
    internal virtual async Task<Reservation> ReserveAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken)
    {
        int added = await session.Fixed(statements.AddLease)
            .Set("@lease", request.Lease)
            .Set("@queue", request.Queue)
            .Set("@duration", request.Duration)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (added == 0)
        {
            return await ReadReservationAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
        }

        List<SqlDelivery> claimed = await ClaimAsync(session, statements, request, cancellationToken).ConfigureAwait(false);
        if (claimed.Count == 0)
        {
            await session.Fixed(statements.DeleteLease).Set("@lease", request.Lease).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        return new Reservation(claimed, IsRepeated: false);
    }

    /// <summary>
    /// Settles what is complete, looks, and reserves, all by one round trip, without limits. What is not held any more is left out; leases that
    /// ran out are left alone.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="settlements">What is complete.</param>
    /// <param name="keeps">Whether finished messages are kept.</param>
    /// <param name="request">What to reserve, null for nothing.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null if the database or the driver can't.</returns>
    internal virtual Task<QuickExchange?> ExchangeAsync(
        SqlSession session, SqlStatements statements, SettlementSet settlements, bool keeps, ClaimRequest? request, CancellationToken cancellationToken) =>
        Task.FromResult<QuickExchange?>(null);

    /// <summary>What the lease holds already: the same call once more, of which the first answer was lost.</summary>
    private protected static async Task<Reservation> ReadReservationAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken) =>
        new(
            await session.Fixed(statements.ClaimedByLease).Set("@queue", request.Queue).Set("@lease", request.Lease)
                .ReadAsync(ClaimedRow.Read, cancellationToken).ConfigureAwait(false),
            IsRepeated: true);

    /// <summary>Reserves messages, in any order; a reader of the columns that <see cref="SqlStatements.Claimed"/> names.</summary>
    private protected abstract Task<List<SqlDelivery>> ClaimAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Changes the rows that a SELECT of their keys finds; it must be run once only.</summary>
    /// <param name="session">The session.</param>
    /// <param name="change">The UPDATE or DELETE as far as the condition on the rows.</param>
    /// <param name="key">The column of the key.</param>
    /// <param name="select">The SELECT.</param>
    /// <param name="set">Sets the parameters of both.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were changed.</returns>
    internal virtual Task<int> ChangeAsync(
        SqlSession session, string change, string key, string select, Func<SqlStatement, SqlStatement> set, CancellationToken cancellationToken) =>
        set(session.Fixed($"{change} {IsAmong(key, select)}")).ExecuteAsync(cancellationToken);

    /// <summary>A condition on rows whose keys a SELECT finds.</summary>
    private protected virtual string IsAmong(string key, string select) => $"{key} IN (SELECT {key} FROM ({select}) AS few)";

    /// <summary>Extends leases, which come in their order, and looks which of them are there and which messages are cancelled. No count is used: where time stands still, nothing changes.</summary>
    internal virtual async Task BeatAsync(
        SqlSession session, SqlStatements statements, long queue, byte[][] leases, long duration, Beat beat, CancellationToken cancellationToken)
    {
        string among = $"id IN ({string.Join(',', Array.ConvertAll(leases, static id => $"x'{Convert.ToHexString(id)}'"))})";
        await session.Once(statements.ExtendLeases + among).Set("@queue", queue).Set("@duration", duration).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await ReadBeatAsync(session.Once($"{statements.LeasesAmong}{among} UNION ALL {statements.Cancelled}").Set("@queue", queue), beat, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Reads ids of leases and of cancelled messages.</summary>
    private protected static async Task ReadBeatAsync(SqlStatement statement, Beat beat, CancellationToken cancellationToken)
    {
        List<(Guid Id, bool IsLease)> rows = await statement
            .ReadAsync(static reader => (new Guid((byte[])reader.GetValue(0), bigEndian: true), reader.GetInt64(1) == 0), cancellationToken).ConfigureAwait(false);
        foreach ((Guid id, bool isLease) in rows)
        {
            (isLease ? beat.Held : beat.Cancelled).Add(id);
        }
    }

    /// <summary>Deletes a lease under which there is no message any more.</summary>
    internal virtual Task<int> DeleteEmptyLeaseAsync(SqlSession session, SqlStatements statements, long queue, byte[] lease, CancellationToken cancellationToken) =>
        session.Fixed(statements.DeleteEmptyLease).Set("@queue", queue).Set("@lease", lease).ExecuteAsync(cancellationToken);

    /// <summary>Finds out who stands in the rows of names, and sets <see cref="NameClaim.Holder"/>.</summary>
    /// <param name="session">The session.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="claims">The names, in their order and each once.</param>
    /// <param name="isTaken">Whether they were just found to be taken: then their holders hold them, even if they end before this look.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    internal virtual async Task ReadHoldersAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<NameClaim> claims, bool isTaken, CancellationToken cancellationToken)
    {
        string text = statements.ReadHolder + (isTaken ? "" : statements.IsNotEnded) + Latest;
        foreach (NameClaim claim in claims)
        {
            List<Guid> holders = await session.Fixed(text)
                .Set("@name", claim.Key)
                .ReadAsync(static reader => new Guid((byte[])reader.GetValue(0), bigEndian: true), cancellationToken).ConfigureAwait(false);
            claim.Holder = holders.Count == 0 ? null : holders[0];
        }
    }

    /// <summary>Takes names, which come in their order and each once; of those that others have, sets <see cref="NameClaim.Holder"/>.</summary>
    internal virtual async Task TakeNamesAsync(
        SqlSession session, SqlStatements statements, long queue, IReadOnlyList<NameClaim> claims, CancellationToken cancellationToken)
    {
        foreach (NameClaim claim in claims)
        {
            await session.Fixed(statements.DropEndedName).Set("@name", claim.Key).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            int taken = await session.Fixed(statements.TakeName)
                .Set("@name", claim.Key)
                .Set("@queue", queue)
                .Set("@message", claim.MessageId)
                .Set("@window", claim.Window)
                .Set("@name_ends", claim.Ends ? 1L : 0L)
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (taken == 0)
            {
                await ReadHoldersAsync(session, statements, [claim], isTaken: true, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Frees names that messages still have, which come in the order of the names.</summary>
    internal virtual async Task FreeNamesAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<(byte[] Name, byte[] Message)> names, CancellationToken cancellationToken)
    {
        foreach ((byte[] name, byte[] message) in names)
        {
            await session.Fixed(statements.FreeName).Set("@name", name).Set("@message", message).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the other processes of something when the transaction is committed, if the database can.</summary>
    internal virtual Task TellAsync(SqlSession session, SqlStatements statements, WakeUp wakeUp, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stores messages, and tells the other processes if one is due soon; those whose id is stored already are left out.</summary>
    /// <param name="session">The session.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="rows">The messages.</param>
    /// <param name="mayBeStored">Whether an earlier try may have stored some; where not, it is unlikely.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    internal abstract Task InsertAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<MessageRow> rows, bool mayBeStored, CancellationToken cancellationToken);

    /// <summary>Whether a statement failed because a table is missing.</summary>
    internal abstract bool IsMissingTable(SqlUnavailableException error);

    /// <summary>Whether the same may succeed when it is tried again.</summary>
    internal abstract bool IsTransient(DbException error);

    /// <summary>Whether a statement outside a transaction failed because the connection isolates it more than TaskQ needs, which is READ COMMITTED.</summary>
    internal virtual bool IsTooStrict(DbException error) => false;

    /// <summary>Whether the transaction that failed was certainly rolled back; false when it may have been carried out.</summary>
    internal virtual bool IsRolledBack(DbException error) => false;
}
