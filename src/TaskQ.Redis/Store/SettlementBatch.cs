using StackExchange.Redis;
using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>The settlements of one call, as arguments of Scripts/exchange.lua.</summary>
internal struct SettlementBatch(IReadOnlyList<Settlement> finished, int start, int count)
{
    private static readonly RedisValue None = "";

    /// <summary>The deliveries in the order in which the script numbers them.</summary>
    private List<Delivery>? _order;

    public readonly Delivery At(int number) => _order![number];

    /// <summary>Appends the settlements; those that are not this store's count as lost.</summary>
    public void Write(List<RedisValue> arguments, List<Delivery> lost)
    {
        if (count == 0)
        {
            return;
        }

        _order = new List<Delivery>(count);
        for (int i = start; i < start + count; i++)
        {
            Settlement settlement = finished[i];
            if (settlement.Delivery is not RedisDelivery delivery)
            {
                lost.Add(settlement.Delivery);
                continue;
            }

            if (settlement.Kind == SettlementKind.Complete && delivery.NameToFree is null)
            {
                i = WriteCompleted(i, delivery.LeaseBytes, arguments) - 1;
                continue;
            }

            _order.Add(delivery);
            Write(settlement, delivery, arguments);
        }
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
        arguments.Add(delivery.IdBytes);
        arguments.Add(delivery.NameToFree ?? None);
        switch (kind)
        {
            case 'R':
                arguments.Add(RedisTime.FromSpan(settlement.Delay));
                arguments.Add($"{delivery.Attempt + 1}:{delivery.Crashes}");
                arguments.Add(delivery.Crashes);
                break;
            case 'L':
                arguments.Add(RedisTime.FromSpan(settlement.Delay));
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

    /// <summary>Writes a run of completed messages of one lease; returns where it ends.</summary>
    private readonly int WriteCompleted(int first, byte[] lease, List<RedisValue> arguments)
    {
        arguments.Add("C");
        arguments.Add(lease);
        int length = arguments.Count;
        arguments.Add(0);
        int i = first;
        while (i < start + count
            && finished[i] is { Kind: SettlementKind.Complete, Delivery: RedisDelivery { NameToFree: null } next }
            && next.LeaseBytes.AsSpan().SequenceEqual(lease))
        {
            arguments.Add(next.IdBytes);
            _order!.Add(next);
            i++;
        }

        arguments[length] = i - first;
        return i;
    }
}
