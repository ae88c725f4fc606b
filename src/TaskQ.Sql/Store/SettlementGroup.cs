using System.Globalization;
using System.Text;
using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>Settlements of one kind of messages under one lease.</summary>
internal sealed class SettlementGroup(HeldLease lease, SettlementKind kind)
{
    /// <summary>So that no statement becomes too long.</summary>
    public const int MaxCount = 500;

    private readonly List<SqlDelivery> _deliveries = [];
    private readonly List<Settlement> _settlements = [];

    public HeldLease Lease { get; } = lease;

    public SettlementKind Kind { get; } = kind;

    public int Count => _deliveries.Count;

    /// <summary>Whether names are free when its messages end.</summary>
    public bool HasNames => _deliveries.Exists(static delivery => delivery.NameToFree is not null);

    public IReadOnlyList<SqlDelivery> Deliveries => _deliveries;

    public IReadOnlyList<Settlement> Settlements => _settlements;

    public void Add(SqlDelivery delivery, Settlement settlement)
    {
        _deliveries.Add(delivery);
        _settlements.Add(settlement);
    }

    /// <summary>Those of other kinds, and of those that are given, only these.</summary>
    public SettlementGroup Only(SettlementKind kind, Func<SqlDelivery, bool> predicate)
    {
        var group = new SettlementGroup(Lease, kind);
        for (int i = 0; i < _deliveries.Count; i++)
        {
            if (predicate(_deliveries[i]))
            {
                group.Add(_deliveries[i], _settlements[i]);
            }
        }

        return group;
    }

    /// <summary>The rows' numbers, for an IN.</summary>
    public string Rows()
    {
        var text = new StringBuilder(8 * _deliveries.Count);
        foreach (SqlDelivery delivery in _deliveries)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{delivery.Seq}");
        }

        return text.ToString();
    }

    /// <summary>The rows' numbers in ascending order.</summary>
    public long[] RowNumbers()
    {
        var numbers = new long[_deliveries.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = _deliveries[i].Seq;
        }

        Array.Sort(numbers);
        return numbers;
    }

    /// <summary>The delays as an expression of the row's number; a number when all have the same.</summary>
    public string Delays()
    {
        TimeSpan first = _settlements[0].Delay;
        if (_settlements.TrueForAll(settlement => settlement.Delay == first))
        {
            return Number(first);
        }

        var text = new StringBuilder("CASE seq");
        for (int i = 0; i < _settlements.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" WHEN {_deliveries[i].Seq} THEN {Number(_settlements[i].Delay)}");
        }

        return text.Append(" END").ToString();
    }

    private static string Number(TimeSpan delay) => StoreTime.FromSpan(delay).ToString(CultureInfo.InvariantCulture);
}
