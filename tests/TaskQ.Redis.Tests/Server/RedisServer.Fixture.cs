namespace TaskQ.Redis.Tests.Server;

/// <content>What only the tests need: the bench starts servers too.</content>
public sealed partial class RedisServer : IAsyncLifetime
{
    /// <summary>Starts a server in cluster mode that has all slots.</summary>
    public static async Task<RedisServer> StartClusterAsync()
    {
        var server = await StartAsync("--cluster-enabled", "yes");
        var admin = await Probe.AdminAsync(server);
        await admin.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Probe.EventuallyAsync(
            async () => ((string)(await admin.ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal),
            "the cluster is complete");
        return server;
    }
}
