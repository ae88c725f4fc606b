using System.Text;
using StackExchange.Redis;
using TaskQ.Redis.Store;

namespace TaskQ.Redis.Tests.Faults.Audit;

/// <summary>All keys of a queue at one moment, checked against the invariants of protocol.md.</summary>
internal sealed class KeyAudit
{
    // One script, so that what it reads belongs together. The ids go through the reply as bytes.
    private const string Dump = """
        local root = ARGV[1]
        local leases, held = redis.call('ZRANGE', root .. 'l', 0, -1), {}
        for i = 1, #leases do held[i] = redis.call('GET', root .. 'b:' .. leases[i]) or '' end
        return {
          redis.call('HKEYS', root .. 'j'), redis.call('LRANGE', root .. 'r', 0, -1), redis.call('LRANGE', root .. 's', 0, -1),
          redis.call('ZRANGE', root .. 'd', 0, -1), leases, held, redis.call('HKEYS', root .. 'a'),
          redis.call('SMEMBERS', root .. 'c'), redis.call('ZRANGE', root .. 'x', 0, -1), redis.call('HKEYS', root .. 'y'),
          redis.call('HVALS', root .. 'j'), redis.call('HGETALL', root .. 'o'), redis.call('HKEYS', root .. 't'),
          redis.call('SMEMBERS', root .. 'f'), redis.call('HVALS', root .. 'q'), redis.call('HVALS', root .. 'v') }
        """;

    private readonly List<string> _errors = [];

    private KeyAudit()
    {
    }

    /// <summary>How many messages are not dead.</summary>
    public int Messages { get; private set; }

    public int Dead { get; private set; }

    public int Leases { get; private set; }

    /// <summary>How many names are taken.</summary>
    public int Names { get; private set; }

    /// <summary>How many of the messages have a name.</summary>
    public int NamesOfStored { get; private set; }

    /// <summary>What is in which place.</summary>
    public IReadOnlyDictionary<string, string> Places { get; private set; } = new Dictionary<string, string>();

    /// <summary>Reads the keys of a queue.</summary>
    public static async Task<KeyAudit> ReadAsync(IDatabase admin, string queue)
    {
        var root = $"tq:{{{queue}}}:";
        var reply = (RedisResult[])(await admin.ScriptEvaluateAsync(Dump, [], [root]))!;
        var audit = new KeyAudit();
        var records = audit.Ids(reply[0]);
        var places = new Dictionary<string, string>();
        var stale = audit.Stale((RedisResult[])reply[11]!);
        audit.Place(places, WithoutStale(audit.Ids(reply[1]), 'r', stale), "ready");
        audit.Place(places, WithoutStale(audit.Ids(reply[2]), 's', stale), "suspects");
        audit.Check(stale.Values.All(static entries => entries == 0), "stale entries that are in no list");
        audit.Place(places, audit.Ids(reply[3]), "delayed");
        var leases = audit.Ids(reply[4]);
        var held = (RedisResult[])reply[5]!;
        for (var i = 0; i < leases.Length; i++)
        {
            var ids = HeldIds((byte[])held[i]!);
            audit.Check(ids.Length > 0, $"lease {leases[i]} holds nothing");
            audit.Place(places, ids, "lease " + leases[i]);
        }

        var dead = audit.Ids(reply[8]);
        audit.Check(records.ToHashSet().SetEquals(places.Keys), Differences("records", records, "places", places.Keys));
        audit.Place(places, dead, "dead");
        audit.Check(dead.ToHashSet().SetEquals(audit.Ids(reply[9])), "dead letters and their records differ");
        audit.Check(dead.ToHashSet().SetEquals(audit.Ids(reply[12])), "dead letters and their deaths differ");
        audit.Check(!audit.Ids(reply[6]).Except(records).Any(), "attempts of a message that is gone");
        audit.Check(!audit.Ids(reply[7]).Except(records).Any(), "a cancellation of a message that is gone");
        (audit.Messages, audit.Dead, audit.Leases, audit.Places) = (records.Length, dead.Length, leases.Length, places);
        var named = records.Where((_, i) => (byte[])((RedisResult[])reply[10]!)[i]! is [var flags, ..] && (flags & 1) != 0).ToHashSet();
        audit.NamesOfStored = named.Count;
        audit.CheckNamed(audit.Ids(reply[13]), named, [.. audit.Ids(reply[14]), .. audit.Ids(reply[15]).Select(static value => value[..32])]);
        await audit.ReadKeysAsync(admin, root, leases);
        return audit;
    }

    /// <summary>Fails when an invariant does not hold.</summary>
    public void AssertConsistent(string when = "") =>
        Assert.True(_errors.Count == 0, $"{when} {string.Join("; ", _errors.Take(5))}");

    /// <summary>Of a message with stale entries the first ones are none.</summary>
    private static string[] WithoutStale(string[] ids, char list, Dictionary<(char List, string Id), int> stale) =>
        [.. ids.Where(id => stale.GetValueOrDefault((list, id)) == 0 || stale[(list, id)]-- == 0)];

    private static string[] HeldIds(byte[] value)
    {
        var lease = new LeaseValue(value);
        return [.. Enumerable.Range(0, lease.Count)
            .Where(lease.Holds)
            .Select(i => Convert.ToHexString(lease.IdAt(i).ToByteArray(bigEndian: true)))];
    }

    private static string Differences(string name, IEnumerable<string> one, string other, IEnumerable<string> two) =>
        $"only in {name}: {string.Join(' ', one.Except(two).Take(3))}, only in {other}: {string.Join(' ', two.Except(one).Take(3))}";

    /// <summary>How many stale entries each message has in which list.</summary>
    private Dictionary<(char List, string Id), int> Stale(RedisResult[] fields)
    {
        var stale = new Dictionary<(char List, string Id), int>();
        var all = 0;
        for (var i = 0; i < fields.Length; i += 2)
        {
            var entries = (int)fields[i + 1];
            if ((byte[])fields[i]! is not [var list, .. var id])
            {
                all = entries;
            }
            else
            {
                Check(entries > 0, "a message with no stale entries is among those with some");
                stale.Add(((char)list, Convert.ToHexString(id)), entries);
            }
        }

        Check(all == stale.Values.Sum(), $"{all} stale entries counted, there are {stale.Values.Sum()}");
        return stale;
    }

    /// <summary>Those in flight that have a name: none that is not, and all whose name is theirs.</summary>
    private void CheckNamed(string[] inFlight, HashSet<string> named, string[] holders)
    {
        var held = Places.Where(static place => place.Value.StartsWith("lease", StringComparison.Ordinal)).Select(static place => place.Key).ToHashSet();
        Check(inFlight.All(id => held.Contains(id) && named.Contains(id)), "marked as in flight with a name, and is not");
        Check(!held.Intersect(named).Intersect(holders).Except(inFlight).Any(), "in flight with a name, and not marked");
    }

    /// <summary>The keys that have no list: those of names and of leases.</summary>
    private async Task ReadKeysAsync(IDatabase admin, string root, string[] leases)
    {
        var values = new List<string>();
        var cursor = "0";
        do
        {
            var page = (RedisResult[])(await admin.ExecuteAsync("SCAN", cursor, "MATCH", root.Replace("{", "\\{", StringComparison.Ordinal) + "*", "COUNT", "1000"))!;
            cursor = (string)page[0]!;
            foreach (var key in (RedisResult[])page[1]!)
            {
                var bytes = (byte[])key!;
                var kind = (char)bytes[Encoding.ASCII.GetByteCount(root)];
                if (kind is 'v' or 'q')
                {
                    Names += (int)(await admin.ExecuteAsync("HLEN", bytes));
                }

                if (kind == 'b')
                {
                    values.Add(Convert.ToHexString(bytes.AsSpan(root.Length + 2)));
                }
            }
        }
        while (cursor != "0");

        Check(values.Distinct().Except(leases).Any() is false, "the value of a lease that is gone");
    }

    private void Place(Dictionary<string, string> places, string[] ids, string place)
    {
        foreach (var id in ids)
        {
            Check(places.TryAdd(id, place), $"{id} is in {place} and in {places[id]}");
        }
    }

    private string[] Ids(RedisResult list) => Array.ConvertAll((RedisResult[])list!, id => Convert.ToHexString((byte[])id!));

    private void Check(bool holds, string error)
    {
        if (!holds)
        {
            _errors.Add(error);
        }
    }
}
