using System.Globalization;
using StackExchange.Redis;

namespace TaskQ.Redis.Connect;

/// <summary>What a server must be to keep queues.</summary>
internal static class ServerCheck
{
    /// <summary>The first with SMISMEMBER and with LPOP of several.</summary>
    private static readonly Version Oldest = new(6, 2);

    /// <summary>Throws when the server is too old, or would drop messages when its memory is full.</summary>
    /// <param name="info">The text of INFO.</param>
    /// <exception cref="NotSupportedException">It is.</exception>
    public static void Check(string info)
    {
        if (Find(info, "redis_version") is { } text && Version.TryParse(text, out Version? version) && version < Oldest)
        {
            throw new NotSupportedException(
                $"The Redis server is of version {text}; TaskQ needs {Oldest} or newer.");
        }

        if (Find(info, "maxmemory_policy") is { } policy
            && policy != "noeviction"
            && Find(info, "maxmemory") is { } max
            && long.TryParse(max, CultureInfo.InvariantCulture, out long bytes)
            && bytes > 0)
        {
            throw new NotSupportedException(
                $"The Redis server has maxmemory-policy {policy}: it would drop messages when its memory is full. Set it to noeviction.");
        }
    }

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
