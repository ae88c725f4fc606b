using StackExchange.Redis;

namespace TaskQ.Redis.Store;

/// <summary>
/// The keys of one queue. All share its hash tag, so that they lie on one node of a cluster. Scripts are given the first one
/// and build the others from it; protocol.md lists them.
/// </summary>
internal sealed class QueueKeys
{
    /// <param name="prefix">What every key begins with.</param>
    /// <param name="queue">The queue's name.</param>
    /// <param name="part">What sets the keys of a companion apart from those of a queue of the same name.</param>
    public QueueKeys(string prefix, string queue, string part = "")
    {
        string root = $"{prefix}:{{{queue}}}:{part}";
        Script = [root + "j"];
        Wake = root + "w";
    }

    /// <summary>What every script takes: the key of the records.</summary>
    public RedisKey[] Script { get; }

    /// <summary>The channel that wakes those who wait.</summary>
    public string Wake { get; }
}
