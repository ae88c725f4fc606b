using System.Globalization;
using StackExchange.Redis;

namespace TaskQ.Redis.Store;

/// <summary>Times as the server answers them.</summary>
internal static class RedisTime
{
    /// <summary>Reads a score, which is a whole number as text.</summary>
    public static long Parse(RedisValue score) => (long)double.Parse((string)score!, CultureInfo.InvariantCulture);
}
