using StackExchange.Redis;

namespace TaskQ.Redis.Store;

/// <summary>The keys of one queue. All share its hash tag, so that they lie on one node of a cluster.</summary>
internal sealed class QueueKeys
{
    public QueueKeys(string prefix, string queue)
    {
        string root = $"{prefix}:{{{queue}}}:";
        Wake = root + "w";
        All =
        [
            root + "j", // hash: id to record
            root + "r", // list: ids that are ready
            root + "s", // list: ids that are fetched alone
            root + "d", // sorted set: ids by due time
            root + "l", // sorted set: leases by the time they run out
            root + "a", // hash: id to attempts and lost leases, of those that were delivered before
            root + "c", // set: ids in flight that were cancelled
            root + "x", // sorted set: dead letters by the time of their death
            root + "y", // hash: id to death and record, of dead letters
            root + "m", // hash: whether paused, number of purges
            root + "g", // string: the rate limit's state
            Wake, // channel
            root + "b:", // and a lease's id, set: the ids that it holds
            root + "u:", // and a name, string: who holds the name
            root + "p:", // and a producer's lane, string: its last call and what that returned
        ];
    }

    /// <summary>In the order in which the scripts take them; see Scripts/shared.lua.</summary>
    public RedisKey[] All { get; }

    /// <summary>The channel that wakes those who wait.</summary>
    public string Wake { get; }
}
