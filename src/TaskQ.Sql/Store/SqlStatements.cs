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
        string waiting = $"CASE WHEN crashes >= {FetchRequest.SuspectCrashes} THEN 1 ELSE 0 END";

        SchemaVersion = $"SELECT MAX(version) FROM {Schema}";
        AddQueue = $"INSERT INTO {Queues} (name) VALUES (@name){dialect.OrIgnore}";
        QueueId = $"SELECT id FROM {Queues} WHERE name = @name";
        LockQueue = $"SELECT permit_at FROM {Queues} WHERE id = @queue{dialect.ForUpdate}";
        SetPermit = $"UPDATE {Queues} SET permit_at = @permit WHERE id = @queue";
        SetPaused = $"UPDATE {Queues} SET paused = @paused WHERE id = @queue";
        ReadNow = $"SELECT {Now}";

        Due = $"{greatest}(@due, {Now} + @delay)";
        InsertColumns = "queue, id, state, due, name, name_ends, enqueued, task, body";
        InsertMessage = $"INSERT INTO {Messages} ({InsertColumns}) VALUES (@queue, @id, 0, {Due}, @name, @name_ends, @enqueued, @task, @body){dialect.OrIgnore}";

        Head = HeadOf("");
        HeadFrom = HeadOf(" AND due >= @from");
        CountInFlight = $"SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state = 2";
        NextClaims = $"SELECT seq FROM {Messages} WHERE queue = @queue AND state = @state AND due <= {Now} ORDER BY due, seq";
        NextClaimsFrom = $"SELECT seq FROM {Messages} WHERE queue = @queue AND state = @state AND due >= @from AND due <= {Now} ORDER BY due, seq";
        AddLease = $"INSERT INTO {Leases} (id, queue, until) VALUES (@lease, @queue, {Now} + @duration){dialect.OrIgnore}";
        ClaimedByLease = $"SELECT {Claimed} FROM {Messages} WHERE queue = @queue AND state = 2 AND lease = @lease AND EXISTS (SELECT 1 FROM {Leases} WHERE id = @lease)";

        ExpiredLeases = $"SELECT id FROM {Leases} WHERE queue = @queue AND until <= {Now} ORDER BY until LIMIT 100{dialect.SkipLocked}";

        // Not what its holder settles at this moment, which waits for the lease; the lease then stays for the next time.
        string held = $"SELECT seq FROM {Messages} WHERE queue = @queue AND state = 2 AND lease = @lease";
        TakeBack = $"""
            UPDATE {Messages} SET state = CASE WHEN crashes + 1 >= {FetchRequest.SuspectCrashes} THEN 1 ELSE 0 END,
              attempt = attempt + 1, crashes = crashes + 1, lease = NULL
            WHERE {dialect.IsAmong(held + dialect.SkipLocked)}
            """;
        CancelledOfLease = $"SELECT seq, id, name, name_ends FROM {Messages} WHERE queue = @queue AND state = 2 AND lease = @lease AND cancelled = 1{dialect.SkipLocked}";
        DeleteLease = $"DELETE FROM {Leases} WHERE id = @lease";
        DeleteEmptyLease = $"DELETE FROM {Leases} WHERE id = @lease AND NOT EXISTS (SELECT 1 FROM {Messages} WHERE queue = @queue AND state = 2 AND lease = @lease)";
        ExtendLease = $"UPDATE {Leases} SET until = {Now} + @duration WHERE id = @lease";
        Cancelled = $"SELECT id FROM {Messages} WHERE queue = @queue AND state = 2 AND cancelled = 1";

        Retry = $"SET state = {waiting}, attempt = attempt + 1, lease = NULL, due = {Now} + ";
        Release = $"SET state = {waiting}, lease = NULL, due = ";
        RetryOne = $"""
            UPDATE {Messages} SET state = {waiting}, attempt = attempt + 1, lease = NULL, due = {Now} + @delay, errors = @errors
            WHERE seq = @seq AND state = 2 AND lease = @lease AND cancelled = 0
            """;
        Kill = $"SET state = 3, lease = NULL, due = {Now}, attempt = @attempt, reason = @reason, error_type = @error_type, error = @error, errors = @errors";
        Keep = $"SET state = 4, lease = NULL, due = {Now}";

        string endedNames = $"SELECT name FROM {Names} WHERE queue = @queue AND until <= {Now} ORDER BY until LIMIT @max{dialect.SkipLocked}";
        DropEndedNames = $"DELETE FROM {Names} WHERE {dialect.IsAmong("name", endedNames)}";
        ReadName = $"SELECT message, until, name_ends FROM {Names} WHERE name = @name AND until > {Now}";
        DropEndedName = $"DELETE FROM {Names} WHERE name = @name AND until <= {Now}";
        TakeName = $"INSERT INTO {Names} (name, queue, message, until, name_ends) VALUES (@name, @queue, @message, {Now} + @window, @name_ends){dialect.OrIgnore}";
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
        ListWaiting = $"SELECT {ShownColumns}, task, enqueued FROM {Messages} WHERE queue = @queue AND state = @state";
        IsDue = $" AND due <= {Now}";
        IsNotDue = $" AND due > {Now}";
        Count = $"""
            SELECT
              (SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state IN (0, 1) AND due <= {Now}),
              (SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state IN (0, 1) AND due > {Now}),
              (SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state = 2),
              (SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state = 3)
            """;
        Purge = $"DELETE FROM {Messages} WHERE queue = @queue AND state < 3";
        PurgeLeases = $"DELETE FROM {Leases} WHERE queue = @queue";
        PurgeNames = $"DELETE FROM {Names} WHERE queue = @queue AND name_ends = 1";

        OldestOf = $"SELECT seq FROM {Messages} WHERE queue = @queue AND state = @state";
        CountOf = $"SELECT COUNT(*) FROM {Messages} WHERE queue = @queue AND state = @state";
        DropOlder = $"DELETE FROM {Messages} WHERE {dialect.IsAmong($"{OldestOf} AND due <= {Now} - @age ORDER BY due, seq LIMIT @max{dialect.SkipLocked}")}";
        DropOldest = $"DELETE FROM {Messages} WHERE {dialect.IsAmong($"{OldestOf} ORDER BY due, seq LIMIT @max")}";
        LookAtKept = $"""
            SELECT
              CASE WHEN (SELECT MIN(until) FROM {Leases} WHERE queue = @queue) <= {Now} THEN 1 ELSE 0 END,
              CASE WHEN (SELECT MIN(until) FROM {Names} WHERE queue = @queue) <= {Now} THEN 1 ELSE 0 END,
              CASE WHEN (SELECT MIN(due) FROM {Messages} WHERE queue = @queue AND state = 4) <= {Now} - @finished THEN 1 ELSE 0 END,
              CASE WHEN (SELECT MIN(due) FROM {Messages} WHERE queue = @queue AND state = 3) <= {Now} - @dead THEN 1 ELSE 0 END
            """;
        PeekDead = $"SELECT {DeadColumns} FROM {Messages} WHERE queue = @queue AND state = 3 ORDER BY due, seq LIMIT ";
        ReadDead = $"SELECT {DeadColumns} FROM {Messages} WHERE id = @id AND queue = @queue AND state = 3";
        DeleteDead = $"DELETE FROM {Messages} WHERE id = @id AND queue = @queue AND state = 3";
        string revive = $"SET state = 0, due = {Now}, attempt = 1, crashes = 0, cancelled = 0, name = NULL, name_ends = 0, reason = NULL, error_type = NULL, error = NULL";
        ReviveDead = $"UPDATE {Messages} {revive} WHERE id = @id AND queue = @queue AND state = 3";
        ReviveOldest = $"UPDATE {Messages} {revive} WHERE queue = @queue AND state = 3";

        string HeadOf(string condition) => $"""
            SELECT {Now}, q.paused,
              (SELECT MIN(due) FROM {Messages} WHERE queue = @queue AND state = 0{condition}),
              (SELECT MIN(due) FROM {Messages} WHERE queue = @queue AND state = 1),
              (SELECT MIN(until) FROM {Leases} WHERE queue = @queue)
            FROM {Queues} q WHERE q.id = @queue
            """;
    }

    public string Now { get; }

    public string Queues { get; }

    public string Messages { get; }

    public string Leases { get; }

    public string Names { get; }

    public string Schema { get; }

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

    public string NextClaims { get; }

    public string NextClaimsFrom { get; }

    public string AddLease { get; }

    public string ClaimedByLease { get; }

    public string ExpiredLeases { get; }

    public string TakeBack { get; }

    public string CancelledOfLease { get; }

    public string DeleteLease { get; }

    public string DeleteEmptyLease { get; }

    public string ExtendLease { get; }

    public string Cancelled { get; }

    public string Retry { get; }

    public string RetryOne { get; }

    public string Release { get; }

    public string Kill { get; }

    public string Keep { get; }

    public string DropEndedNames { get; }

    public string ReadName { get; }

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

    public string DropOlder { get; }

    public string DropOldest { get; }

    public string LookAtKept { get; }

    public string PeekDead { get; }

    public string ReadDead { get; }

    public string DeleteDead { get; }

    public string ReviveDead { get; }

    public string ReviveOldest { get; }
}
