namespace TaskQ.Sql.Store;

/// <summary>
/// The write-ahead log beside a database file (https://www.sqlite.org/wal.html): whoever commits writes to it. A look at its time
/// costs a tenth of a statement.
/// </summary>
internal static class LogFile
{
    /// <summary>File systems keep times in steps of some milliseconds: a file may be written again within the same.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private static readonly DateTime Missing = DateTime.FromFileTimeUtc(0);

    /// <summary>The log of a database, null when that is in no file, or when times can't be relied on: Windows writes them down when a file is closed.</summary>
    public static string? Of(string database) => database.Length == 0 || OperatingSystem.IsWindows() ? null : database + "-wal";

    /// <summary>When it was last written, the smallest time when that is unknown.</summary>
    public static DateTime LastWrite(string? log)
    {
        try
        {
            // One system call; a file that is not there has the earliest time of Windows.
            DateTime written = log is null ? Missing : File.GetLastWriteTimeUtc(log);
            return written == Missing ? DateTime.MinValue : written;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DateTime.MinValue;
        }
    }

    /// <summary>Whether nothing can have been written since a look at the database.</summary>
    /// <param name="written">When it was last written.</param>
    /// <param name="before">The same before that look.</param>
    public static bool IsUnchanged(DateTime written, DateTime before) =>
        written == before && written != DateTime.MinValue && TimeProvider.System.GetUtcNow() - written > Step;
}
