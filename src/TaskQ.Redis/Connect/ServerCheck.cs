namespace TaskQ.Redis.Connect;

/// <summary>What a server must be to keep queues, by the text of INFO.</summary>
internal static class ServerCheck
{
    /// <summary>The first with SMISMEMBER and with LPOP of several.</summary>
    private static readonly Version Oldest = new(6, 2);

    /// <summary>Throws when the server is too old, or would drop messages when its memory is full.</summary>
    /// <remarks>
    /// A policy counts even without a limit of memory: the limit can be set while the server runs, and nothing would tell.
    /// </remarks>
    /// <param name="info">The text of INFO.</param>
    /// <exception cref="NotSupportedException">It is.</exception>
    public static void Check(string info)
    {
        if (Find(info, "redis_version") is { } text && Version.TryParse(text, out Version? version) && version < Oldest)
        {
            throw new NotSupportedException(
                $"The Redis server is of version {text}; TaskQ needs {Oldest} or newer.");
        }

        if (Find(info, "maxmemory_policy") is { } policy && policy != "noeviction")
        {
            throw new NotSupportedException(
                $"The Redis server has maxmemory-policy {policy}: it drops messages or their names when its memory is full. "
                + "Set it to noeviction, or give TaskQ a server of its own.");
        }
    }

    /// <summary>Whether neither an append-only file nor a replica keeps what a restart would lose.</summary>
    public static bool IsVolatile(string info) =>
        Find(info, "aof_enabled") == "0" && (Find(info, "connected_slaves") is null or "0");

    private static string? Find(string info, string field)
    {
        foreach (ReadOnlySpan<char> line in info.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(field, StringComparison.Ordinal) && line.Length > field.Length && line[field.Length] == ':')
            {
                return line[(field.Length + 1)..].Trim().ToString();
            }
        }

        return null;
    }
}
