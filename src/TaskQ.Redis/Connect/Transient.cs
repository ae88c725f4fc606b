using StackExchange.Redis;

namespace TaskQ.Redis.Connect;

/// <summary>Which errors pass by themselves.</summary>
internal static class Transient
{
    // https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
    private static readonly string[] ServerErrors = ["LOADING", "BUSY", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS"];

    public static bool Is(Exception error) =>
        error is RedisConnectionException or TimeoutException
        || (error is RedisServerException
            && Array.Exists(ServerErrors, start => error.Message.StartsWith(start, StringComparison.Ordinal)));
}
