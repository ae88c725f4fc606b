using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StackExchange.Redis;
using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>The settlements of one call, as arguments of Scripts/exchange.lua.</summary>
internal struct SettlementBatch(IReadOnlyList<Settlement> finished, int start, int count)
{
    /// <summary>How many bytes of dead letters one call moves, unless a single one is larger.</summary>
    private const int CallBytes = 256 * 1024;

    /// <summary>What a lease costs the server, as a multiple of a message that is completed: it is read, and written or deleted.</summary>
    private const int LeaseWeight = 4;

    /// <summary>How much dearer it is to move a record than to free it.</summary>
    private const int FreedShare = 32;

    private static readonly RedisValue None = "";

    /// <summary>The deliveries in the order in which the script numbers them.</summary>
    private List<Delivery>? _order;

    /// <summary>How many settlements go with one call: fewer of those that cost the server more.</summary>
    public static int LengthOf(IReadOnlyList<Settlement> finished, int start, int callSize)
    {
        int weight = 0;
        int bytes = 0;
        int end = start;
        var leases = default(LeaseSet);
        while (end < finished.Count && (end == start || weight < callSize))
        {
            weight += WeightOf(finished[end]) + (leases.Add(finished[end].Delivery) ? LeaseWeight : 0);
            int own = BytesOf(finished[end]);
            if (bytes > 0 && bytes + own > CallBytes)
            {
                break;
            }

            bytes += own;
            end++;
        }

        return end - start;
    }

    public readonly Delivery At(int number) => _order![number];

    /// <summary>Appends the settlements; those that are not this store's count as lost.</summary>
    public void Write(List<RedisValue> arguments, List<Delivery> lost)
    {
        if (count == 0)
        {
            return;
        }

        _order = new List<Delivery>(count);
        List<List<RedisDelivery>>? completed = null;
        List<List<RedisDelivery>>? released = null;
        for (int i = start; i < start + count; i++)
        {
            Settlement settlement = finished[i];
            if (settlement.Delivery is not RedisDelivery delivery)
            {
                lost.Add(settlement.Delivery);
            }
            else if (settlement.Kind == SettlementKind.Complete && delivery.NameToFree is null)
            {
                OfLease(completed ??= [], delivery, count).Add(delivery);
            }
            else if (settlement.Kind == SettlementKind.Release && settlement.Delay <= TimeSpan.Zero && delivery.Crashes < 2)
            {
                OfLease(released ??= [], delivery, count).Add(delivery);
            }
            else
            {
                _order.Add(delivery);
                Write(settlement, delivery, arguments);
            }
        }

        foreach (List<RedisDelivery> sameLease in completed ?? [])
        {
            WriteTogether("C", sameLease, arguments);
        }

        foreach (List<RedisDelivery> sameLease in released ?? [])
        {
            WriteTogether("B", sameLease, arguments);
        }
    }

    private static int WeightOf(in Settlement settlement) => settlement.Kind switch
    {
        SettlementKind.Complete => settlement.Delivery is RedisDelivery { NameToFree: null } ? 1 : 3,
        SettlementKind.Release => settlement.Delay <= TimeSpan.Zero ? 1 : 3,
        SettlementKind.Retry => 3,
        _ => 5,
    };

    /// <summary>What a settlement costs by the length of its record, as bytes that are moved.</summary>
    private static int BytesOf(in Settlement settlement) => settlement switch
    {
        { Kind: SettlementKind.Dead, Delivery: RedisDelivery dead } => dead.RecordLength,
        { Kind: SettlementKind.Complete, Delivery: RedisDelivery done } => done.RecordLength / FreedShare,
        _ => 0,
    };

    /// <summary>The list of a delivery's lease; a call meets few leases.</summary>
    private static List<RedisDelivery> OfLease(List<List<RedisDelivery>> lists, RedisDelivery delivery, int capacity)
    {
        foreach (List<RedisDelivery> list in lists)
        {
            if (ReferenceEquals(list[0].LeaseBytes, delivery.LeaseBytes))
            {
                return list;
            }
        }

        var added = new List<RedisDelivery>(capacity);
        lists.Add(added);
        return added;
    }

    private static void Write(in Settlement settlement, RedisDelivery delivery, List<RedisValue> arguments)
    {
        char kind = settlement.Kind switch
        {
            SettlementKind.Complete => 'N',
            SettlementKind.Retry => 'R',
            SettlementKind.Release => 'L',
            _ => 'D',
        };
        arguments.Add(kind.ToString());
        arguments.Add(delivery.LeaseBytes);
        arguments.Add(Places([delivery]));
        arguments.Add(delivery.NameToFree ?? None);
        switch (kind)
        {
            case 'R':
                arguments.Add(StoreTime.FromSpan(settlement.Delay));
                arguments.Add($"{delivery.Attempt + 1}:{delivery.Crashes}");
                arguments.Add(delivery.Crashes);
                break;
            case 'L':
                arguments.Add(StoreTime.FromSpan(settlement.Delay));
                arguments.Add(delivery.Crashes);
                break;
            case 'D':
                arguments.Add(DeathRecord.Write(
                    settlement.Death ?? new Death(DeadReason.RetriesExhausted, null, null, delivery.Attempt)));
                break;
            default:
                break;
        }
    }

    /// <summary>Writes what becomes of several messages of one lease.</summary>
    private readonly void WriteTogether(RedisValue kind, List<RedisDelivery> deliveries, List<RedisValue> arguments)
    {
        _order!.AddRange(deliveries);
        arguments.Add(kind);
        arguments.Add(deliveries[0].LeaseBytes);
        arguments.Add(Places(CollectionsMarshal.AsSpan(deliveries)));
    }

    /// <summary>Their places in the lease, 2 bytes each.</summary>
    private static byte[] Places(ReadOnlySpan<RedisDelivery> deliveries)
    {
        var places = new byte[2 * deliveries.Length];
        for (int i = 0; i < deliveries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(places.AsSpan(2 * i), (ushort)deliveries[i].Index);
        }

        return places;
    }

    /// <summary>The leases that a call meets, which are few.</summary>
    private struct LeaseSet
    {
        private byte[]? _last;
        private List<byte[]>? _others;

        /// <summary>Whether the lease of a delivery is one more, the first one left aside.</summary>
        public bool Add(Delivery delivery)
        {
            if (delivery is not RedisDelivery { LeaseBytes: var lease } || ReferenceEquals(lease, _last))
            {
                return false;
            }

            if (_last is null)
            {
                _last = lease;
                return false;
            }

            _others ??= [];
            if (_others.Contains(lease))
            {
                return false;
            }

            _others.Add(_last);
            _last = lease;
            return true;
        }
    }
}
