using StackExchange.Redis;

namespace TaskQ.Redis.Store;

/// <summary>
/// The keys of one queue. All share its hash tag, so that they lie on one node of a cluster. Scripts are given the first one
/// and build the others from it; protocol.md lists them.
/// </summary>
internal sealed class QueueKeys
{
    public QueueKeys(string prefix, string queue)
    {
        string root = $"{prefix}:{{{queue}}}:";
        Script = [root + "j"];
        Wake = root + "w";
    }

    /// <summary>What every script takes: the key of the records.</summary>
    public RedisKey[] Script { get; }

    /// <summary>The channel that wakes those who wait.</summary>
    public string Wake { get; }
}
