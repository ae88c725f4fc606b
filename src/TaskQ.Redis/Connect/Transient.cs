using StackExchange.Redis;

namespace TaskQ.Redis.Connect;

/// <summary>Which errors pass by themselves.</summary>
internal static class Transient
{
    // https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
    private static readonly string[] ServerErrors = ["LOADING", "BUSY", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF"];

    private static readonly string? Client = typeof(IConnectionMultiplexer).Assembly.GetName().Name;

    public static bool Is(Exception error) =>
        error is RedisConnectionException or TimeoutException
        || (error is RedisServerException && IsServerError(error.Message))
        || IsFaultOfClient(error);

    /// <summary>Whether a reply of the server is such an error. Before version 7, one within a script comes wrapped in another.</summary>
    public static bool IsServerError(string message) =>
        Array.Exists(ServerErrors, code => message.StartsWith(code, StringComparison.Ordinal)
            || (message.StartsWith("ERR Error running script", StringComparison.Ordinal)
                && message.Contains(code + " ", StringComparison.Ordinal)));

    /// <summary>
    /// Version 1.2.6 fails so in place of saying that there is no connection: it asks each of an endpoint's two connections
    /// for its last error, and one is not opened yet, or closed already.
    /// </summary>
    private static bool IsFaultOfClient(Exception error) => error is NullReferenceException && error.Source == Client;
}
