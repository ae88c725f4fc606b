namespace TaskQ.Sql;

/// <summary>How the SQL backends work. Validated and copied by <see cref="SqlQueueFactory"/>.</summary>
public sealed class SqlOptions
{
    private const int LongestPrefix = 31;

    /// <summary>What the names of the tables begin with: a letter or <c>_</c>, then letters, digits and <c>_</c>, 31 at most. The default is <c>taskq_</c>.</summary>
    public string TablePrefix { get; set; } = "taskq_";

    /// <summary>Whether the first call creates the tables if they are missing; false leaves that to <see cref="SqlQueueFactory.EnsureSchemaAsync"/> or to
    /// the script of the package. The default is true.</summary>
    public bool CreateSchema { get; set; } = true;

    /// <summary>How often a piece of work that failed in passing, such as by a deadlock, is tried again, from 0 to 100. The default is 5.</summary>
    public int Retries { get; set; } = 5;

    /// <summary>How many dead letters a queue keeps, at least 1; beyond it, the oldest are dropped, within a percent or half a minute. Only what is set in the
    /// processes that consume the queue counts, of several of them the smallest. The default is 100,000.</summary>
    public int MaxDeadLetters { get; set; } = 100_000;

    /// <summary>How long finished messages are kept, from zero to 10 years; zero deletes them at once. Only what is set in the processes that consume the
    /// queue counts, of several of them the smallest. The default is 0 s.</summary>
    public TimeSpan KeepFinished { get; set; }

    /// <summary>How long a call may take, with waits for locks and repeats, from 1 s to 1 hour; then it fails with <see cref="SqlUnavailableException"/>,
    /// and whether it was carried out is not known. The default is 30 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the clock of the queue's options takes the place of the database's, for tests that move time.</summary>
    internal bool UseQueueClock { get; set; }

    /// <summary>A copy that later changes don't reach.</summary>
    internal SqlOptions Copy() => (SqlOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every value out of its range.</summary>
    internal void Validate()
    {
        List<string>? errors = null;
        Check(IsPrefix(TablePrefix), $"TablePrefix is '{TablePrefix}'; it must begin with a letter or _ and go on with letters, digits and _, 31 at most.", ref errors);
        Check(Retries is >= 0 and <= 100, $"Retries is {Retries}; it must be from 0 to 100.", ref errors);
        Check(MaxDeadLetters >= 1, $"MaxDeadLetters is {MaxDeadLetters}; it must be at least 1.", ref errors);
        Check(
            KeepFinished >= TimeSpan.Zero && KeepFinished <= TimeSpan.FromDays(3650),
            $"KeepFinished is {KeepFinished}; it must be from zero to 10 years.",
            ref errors);
        Check(
            CallTimeout >= TimeSpan.FromSeconds(1) && CallTimeout <= TimeSpan.FromHours(1),
            $"CallTimeout is {CallTimeout}; it must be from 1 s to 1 hour.",
            ref errors);
        if (errors is not null)
        {
            throw new ArgumentException($"The SQL options are not valid. {string.Join(' ', errors)}");
        }
    }

    private static bool IsPrefix(string? prefix) =>
        prefix is { Length: >= 1 and <= LongestPrefix }
        && (char.IsAsciiLetter(prefix[0]) || prefix[0] == '_')
        && prefix.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static void Check(bool valid, string error, ref List<string>? errors)
    {
        if (!valid)
        {
            (errors ??= []).Add(error);
        }
    }
}
