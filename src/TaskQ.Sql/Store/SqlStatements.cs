using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>The texts of the statements, for one dialect and one prefix of the tables.</summary>
internal sealed class SqlStatements
{
    /// <summary>The columns that a claim returns, in the order in which <see cref="ClaimedRow"/> reads them.</summary>
    public const string Claimed = "seq, id, attempt, crashes, due, name, name_ends, body, errors";

    private const string ShownColumns = "id, body, state, attempt, due, errors";

    private const string DeadColumns = "id, body, due, reason, error_type, error, attempt";

    public SqlStatements(SqlDialect dialect, string prefix, bool usesQueueClock)
    {
        Now = usesQueueClock ? SqlSession.NowParameter : dialect.Now;
        Queues = prefix + "queues";
        Messages = prefix + "messages";
        Leases = prefix + "leases";
        Names = prefix + "names";
        Schema = prefix + "schema";
        string greatest = dialect.Greatest;
        string byDue = dialect.By(Messages, Messages + "_due");
        string byUntil = dialect.By(Leases, Leases + "_until");
        string waiting = $"CASE WHEN crashes >= {FetchRequest.SuspectCrashes} THEN 1 ELSE 0 END";

        BySeq = dialect.By(Messages, SqlDialect.PrimaryKey);
        UpdateBySeq = $"UPDATE {BySeq}";
        DeleteBySeq = dialect.DeleteBy(Messages, SqlDialect.PrimaryKey);
        DeleteByDue = dialect.DeleteBy(Messages, Messages + "_due");

        SchemaVersion = $"SELECT MAX(version) FROM {Schema}";
        AddQueue = $"INSERT INTO {Queues} (name) VALUES (@name){dialect.OrIgnore("name")}";
        QueueId = $"SELECT id FROM {Queues} WHERE name = @name";
        LockQueue = $"SELECT permit_at FROM {Queues} WHERE id = @queue{dialect.ForUpdate}";
        SetPermit = $"UPDATE {Queues} SET permit_at = @permit WHERE id = @queue";
        SetPaused = $"UPDATE {Queues} SET paused = @paused WHERE id = @queue";
        ReadNow = $"SELECT {Now}";

        Due = $"{greatest}(@due, {Now} + @delay)";
        InsertColumns = "queue, id, state, due, name, name_ends, enqueued, task, body";
        InsertMessage = $"INSERT INTO {Messages} ({InsertColumns}) VALUES (@queue, @id, 0, {Due}, @name, @name_ends, @enqueued, @task, @body){dialect.OrIgnore("id")}";

        Head = HeadOf("");
        HeadFrom = HeadOf(" AND due >= @from");
        CountInFlight = $"SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state = 2";
        string next = $"ORDER BY due, seq LIMIT @max{dialect.SkipLocked}";
        NextClaims = $"FROM {byDue} WHERE queue = @queue AND state = @state AND due <= {Now} {next}";
        NextClaimsFrom = $"FROM {byDue} WHERE queue = @queue AND state = @state AND due >= @from AND due <= {Now} {next}";
        AddLease = $"INSERT INTO {Leases} (id, queue, until) VALUES (@lease, @queue, {Now} + @duration){dialect.OrIgnore("id")}";
        ClaimedByLease = $"SELECT {Claimed} FROM {byDue} WHERE queue = @queue AND state = 2 AND lease = @lease AND EXISTS (SELECT 1 FROM {Leases} WHERE id = @lease)";

        ExpiredLeases = $"SELECT id FROM {byUntil} WHERE queue = @queue AND until <= {Now} ORDER BY until LIMIT 100{dialect.SkipLocked}";

        // Not what its holder settles at this moment, which waits for the lease; the lease then stays for the next time.
        HeldNow = $"SELECT seq FROM {byDue} WHERE queue = @queue AND state = 2 AND lease = @lease";
        HeldByLease = $"SELECT seq, attempt, errors FROM {byDue} WHERE queue = @queue AND state = 2 AND lease = @lease{dialect.SkipLocked}";
        TakeBack = $"{UpdateBySeq} SET state = CASE WHEN crashes + 1 >= {FetchRequest.SuspectCrashes} THEN 1 ELSE 0 END, "
            + "attempt = attempt + 1, crashes = crashes + 1, lease = NULL, errors = @errors WHERE state = 2 AND lease = @lease AND ";
        CancelledOfLease = $"SELECT seq, id, name, name_ends FROM {byDue} WHERE queue = @queue AND state = 2 AND lease = @lease AND cancelled = 1{dialect.SkipLocked}";
        DeleteLease = $"DELETE FROM {Leases} WHERE id = @lease";
        DeleteEmptyLease = $"DELETE FROM {Leases} WHERE id = @lease AND NOT EXISTS (SELECT 1 FROM {Messages} WHERE queue = @queue AND state = 2 AND lease = @lease)";
        string byLease = dialect.By(Leases, SqlDialect.PrimaryKey);
        ExtendLeases = $"UPDATE {byLease} SET until = {Now} + @duration WHERE queue = @queue AND ";
        LeaseIdsAmong = $"SELECT id FROM {byLease} WHERE queue = @queue AND ";
        LeasesAmong = $"SELECT id, 0 FROM {byLease} WHERE queue = @queue AND ";
        Cancelled = $"SELECT id, 1 FROM {byDue} WHERE queue = @queue AND state = 2 AND cancelled = 1";

        Retry = $"SET state = {waiting}, attempt = attempt + 1, lease = NULL, due = {Now} + ";
        Release = $"SET state = {waiting}, lease = NULL, due = ";
        RetryOne = $"""
            UPDATE {Messages} SET state = {waiting}, attempt = attempt + 1, lease = NULL, due = {Now} + @delay, errors = @errors
            WHERE seq = @seq AND state = 2 AND lease = @lease AND cancelled = 0
            """;
        Kill = $"SET state = 3, lease = NULL, due = {Now}, attempt = @attempt, reason = @reason, error_type = @error_type, error = @error, errors = @errors";
        Keep = $"SET state = 4, lease = NULL, due = {Now}";

        EndedNames = $"SELECT name FROM {dialect.By(Names, Names + "_until")} WHERE queue = @queue AND until <= {Now} ORDER BY until LIMIT @max{dialect.SkipLocked}";
        DropNames = $"{dialect.DeleteBy(Names, SqlDialect.PrimaryKey)} WHERE until <= {Now} AND";
        ReadHolder = $"SELECT message FROM {Names} WHERE name = @name";
        IsNotEnded = $" AND until > {Now}";
        DropEndedName = $"DELETE FROM {Names} WHERE name = @name AND until <= {Now}";
        TakeName = $"INSERT INTO {Names} (name, queue, message, until, name_ends) VALUES (@name, @queue, @message, {Now} + @window, @name_ends){dialect.OrIgnore("name")}";
        FreeName = $"DELETE FROM {Names} WHERE name = @name AND message = @message";
        ExtendName = $"UPDATE {Names} SET until = {greatest}(until, {Now} + @window) WHERE name = @name";
        ReplacePending = $"""
            UPDATE {Messages} SET body = @body, task = @task, enqueued = @enqueued,
              due = CASE WHEN due <= {Now} AND {Due} <= {Now} THEN due ELSE {Due} END
            WHERE id = @message AND name = @name AND state = 0 AND attempt = 1 AND crashes = 0
            """;

        ReadMessage = $"SELECT {ShownColumns} FROM {Messages} WHERE id = @id AND queue = @queue";
        LockMessage = $"SELECT seq, state, due, name, name_ends, {Now} FROM {Messages} WHERE id = @id AND queue = @queue AND state < 3{dialect.ForUpdate}";
        DeleteMessage = $"DELETE FROM {Messages} WHERE seq = @seq";
        MarkCancelled = $"UPDATE {Messages} SET cancelled = 1 WHERE seq = @seq";
        Reschedule = $"""
            UPDATE {Messages} SET due = CASE WHEN due <= {Now} AND @due <= {Now} THEN due ELSE {greatest}(@due, {Now}) END
            WHERE id = @id AND queue = @queue AND state IN (0, 1)
            """;
        ListWaiting = $"SELECT {ShownColumns}, task, enqueued FROM {byDue} WHERE queue = @queue AND state = @state";
        IsDue = $" AND due <= {Now}";
        IsNotDue = $" AND due > {Now}";
        Count = $"""
            SELECT
              (SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state IN (0, 1) AND due <= {Now}),
              (SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state IN (0, 1) AND due > {Now}),
              (SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state = 2),
              (SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state = 3)
            """;
        Purge = $"{DeleteByDue} WHERE queue = @queue AND state < 3";
        PurgeLeases = $"{dialect.DeleteBy(Leases, Leases + "_until")} WHERE queue = @queue";
        PurgeNames = $"{dialect.DeleteBy(Names, Names + "_until")} WHERE queue = @queue AND name_ends = 1";

        string kept = $"SELECT seq FROM {byDue} WHERE queue = @queue AND state = @state";
        CountOf = $"SELECT COUNT(*) FROM {byDue} WHERE queue = @queue AND state = @state";
        OlderOf = $"{kept} AND due <= {Now} - @age {next}";
        OldestOf = $"{kept} ORDER BY due, seq LIMIT @max{dialect.ForUpdate}";

        // With a condition on the key alone, MariaDB reads a small table as a whole, whichever index it is told.
        DropMessages = $"{DeleteBySeq} WHERE state = @state AND";
        LookAtKept = $"""
            SELECT
              CASE WHEN {First("until", Leases, "queue = @queue")} <= {Now} THEN 1 ELSE 0 END,
              CASE WHEN {First("until", Names, "queue = @queue")} <= {Now} THEN 1 ELSE 0 END,
              CASE WHEN {First("due", Messages, "queue = @queue AND state = 4")} <= {Now} - @finished THEN 1 ELSE 0 END,
              CASE WHEN {First("due", Messages, "queue = @queue AND state = 3")} <= {Now} - @dead THEN 1 ELSE 0 END
            """;
        PeekDead = $"SELECT {DeadColumns} FROM {byDue} WHERE queue = @queue AND state = 3 ORDER BY due, seq LIMIT ";
        ReadDead = $"SELECT {DeadColumns} FROM {Messages} WHERE id = @id AND queue = @queue AND state = 3";
        DeleteDead = $"DELETE FROM {Messages} WHERE id = @id AND queue = @queue AND state = 3";
        string revive = $"SET state = 0, due = {Now}, attempt = 1, crashes = 0, cancelled = 0, name = NULL, name_ends = 0, reason = NULL, error_type = NULL, error = NULL";
        ReviveDead = $"UPDATE {Messages} {revive} WHERE id = @id AND queue = @queue AND state = 3";
        ReviveOldest = $"{UpdateBySeq} {revive} WHERE queue = @queue AND state = 3 AND";

        string HeadOf(string condition) => $"""
            SELECT {Now}, q.paused,
              {First("due", Messages, "queue = @queue AND state = 0" + condition)},
              {First("due", Messages, "queue = @queue AND state = 1")},
              {First("until", Leases, "queue = @queue")}
            FROM {Queues} q WHERE q.id = @queue
            """;

        // Not MIN, for which PostgreSQL reads all rows while its statistics say that there are few.
        static string First(string column, string table, string condition) =>
            $"(SELECT {column} FROM {table} WHERE {condition} ORDER BY {column} LIMIT 1)";
    }

    public string Now { get; }

    public string Queues { get; }

    public string Messages { get; }

    public string Leases { get; }

    public string Names { get; }

    public string Schema { get; }

    /// <summary>The messages, in a FROM, to be found by their numbers.</summary>
    public string BySeq { get; }

    public string UpdateBySeq { get; }

    public string DeleteBySeq { get; }

    /// <summary>A DELETE of messages that are found by queue, state and time.</summary>
    public string DeleteByDue { get; }

    public string SchemaVersion { get; }

    public string AddQueue { get; }

    public string QueueId { get; }

    public string LockQueue { get; }

    public string SetPermit { get; }

    public string SetPaused { get; }

    public string ReadNow { get; }

    public string Due { get; }

    public string InsertColumns { get; }

    public string InsertMessage { get; }

    public string Head { get; }

    public string HeadFrom { get; }

    public string CountInFlight { get; }

    /// <summary>What follows the columns of the SELECT of the next messages.</summary>
    public string NextClaims { get; }

    public string NextClaimsFrom { get; }

    public string AddLease { get; }

    public string ClaimedByLease { get; }

    public string ExpiredLeases { get; }

    public string HeldNow { get; }

    public string HeldByLease { get; }

    /// <summary>What ends before the condition on the rows.</summary>
    public string TakeBack { get; }

    public string CancelledOfLease { get; }

    public string DeleteLease { get; }

    public string DeleteEmptyLease { get; }

    /// <summary>What ends before the condition on the ids.</summary>
    public string ExtendLeases { get; }

    public string LeaseIdsAmong { get; }

    public string LeasesAmong { get; }

    public string Cancelled { get; }

    public string Retry { get; }

    public string RetryOne { get; }

    public string Release { get; }

    public string Kill { get; }

    public string Keep { get; }

    /// <summary>The first names that have ended.</summary>
    public string EndedNames { get; }

    /// <summary>What ends before the condition on the rows.</summary>
    public string DropNames { get; }

    public string ReadHolder { get; }

    public string IsNotEnded { get; }

    public string DropEndedName { get; }

    public string TakeName { get; }

    public string FreeName { get; }

    public string ExtendName { get; }

    public string ReplacePending { get; }

    public string ReadMessage { get; }

    public string LockMessage { get; }

    public string DeleteMessage { get; }

    public string MarkCancelled { get; }

    public string Reschedule { get; }

    public string ListWaiting { get; }

    public string IsDue { get; }

    public string IsNotDue { get; }

    public string Count { get; }

    public string Purge { get; }

    public string PurgeLeases { get; }

    public string PurgeNames { get; }

    public string OldestOf { get; }

    public string CountOf { get; }

    /// <summary>The oldest beyond an age.</summary>
    public string OlderOf { get; }

    /// <summary>What ends before the condition on the rows.</summary>
    public string DropMessages { get; }

    public string LookAtKept { get; }

    public string PeekDead { get; }

    public string ReadDead { get; }

    public string DeleteDead { get; }

    public string ReviveDead { get; }

    /// <summary>What ends before the condition on the rows.</summary>
    public string ReviveOldest { get; }
}
