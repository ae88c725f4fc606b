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
    /// Version 1.2.6 may fail so while it says that there is no connection: it reads the last error of a connection twice,
    /// and one that comes back in between clears it.
    /// </summary>
    private static bool IsFaultOfClient(Exception error) => error is NullReferenceException && error.Source == Client;
}
