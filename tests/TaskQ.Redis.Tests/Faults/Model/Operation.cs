namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>
/// One operation as data. It names messages by a number that counts modulo what there is, and does nothing when there is
/// nothing, so that it still means something when earlier operations are cut.
/// </summary>
/// <param name="Kind">What is done.</param>
/// <param name="Worker">Who does it.</param>
/// <param name="Which">Which message or delivery is meant; the number of the name of an add, 0 for none.</param>
/// <param name="Count">How many messages; the state or the page that is listed; the units by which time passes.</param>
/// <param name="Time">A delay, a duration or a distance from now, in units; what is done with a settled one is by <paramref name="How"/>.</param>
/// <param name="How">For settlements: which of <see cref="Backend.SettlementKind"/>, the next ones in turn.</param>
/// <param name="Flags">How it is done.</param>
internal sealed record Operation(
    OperationKind Kind, int Worker = 0, int Which = 0, int Count = 1, int Time = 0, int How = 0, OperationFlags Flags = OperationFlags.None)
{
    public bool Has(OperationFlags flag) => (Flags & flag) != 0;

    /// <summary>As it is written in a test that replays it.</summary>
    public override string ToString()
    {
        var parts = new List<string> { "K." + Kind };
        AddUnless(parts, nameof(Worker), Worker, 0);
        AddUnless(parts, nameof(Which), Which, 0);
        AddUnless(parts, nameof(Count), Count, 1);
        AddUnless(parts, nameof(Time), Time, 0);
        AddUnless(parts, nameof(How), How, 0);
        if (Flags != OperationFlags.None)
        {
            parts.Add($"Flags: F.{Flags.ToString().Replace(", ", " | F.", StringComparison.Ordinal)}");
        }

        return $"new({string.Join(", ", parts)})";
    }

    private static void AddUnless(List<string> parts, string name, int value, int usual)
    {
        if (value != usual)
        {
            parts.Add($"{name}: {value}");
        }
    }
}
