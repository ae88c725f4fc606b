namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Smaller forms of a sequence that failed.</summary>
internal static class SequenceShrinker
{
    public static IEnumerable<OperationSequence> Shrink(OperationSequence sequence)
    {
        foreach (var operations in Cuts.Of(sequence.Operations, Simplify))
        {
            yield return sequence with { Operations = operations };
        }

        // One worker is simpler than three, but each must stay with what it holds.
        if (sequence.Operations.Any(o => o.Worker > 0))
        {
            yield return sequence with { Operations = [.. sequence.Operations.Select(o => o with { Worker = 0 })] };
        }

        var settings = sequence.Settings;
        ModelSettings[] simpler = [settings with { WorkerLimit = 0 }, settings with { Burst = 0 }, settings with { MaxDead = ModelSettings.ManyDead }];
        foreach (var other in simpler.Where(other => other != settings))
        {
            yield return sequence with { Settings = other };
        }
    }

    private static IEnumerable<Operation> Simplify(Operation operation)
    {
        // At once what one by one would not fail any more: the number of a message means another one when there are fewer.
        var plain = new Operation(operation.Kind, operation.Worker, Time: Shortest(operation), How: operation.How);
        foreach (var simpler in new[] { plain with { Worker = 0 }, plain }.Where(simpler => simpler != operation))
        {
            yield return simpler;
        }

        if (operation.Kind == OperationKind.Exchange)
        {
            yield return operation with { Kind = OperationKind.Fetch, Which = 0, How = 0 };
            yield return operation with { Kind = OperationKind.Settle, Flags = operation.Flags & OperationFlags.Repeats };
        }

        foreach (var flag in Enum.GetValues<OperationFlags>().Where(flag => flag != OperationFlags.None && operation.Has(flag)))
        {
            yield return operation with { Flags = operation.Flags & ~flag };
        }

        foreach (var simpler in Cuts.Towards(0, operation.Worker).Select(n => operation with { Worker = n })
            .Concat(Cuts.Towards(0, operation.Which).Select(n => operation with { Which = n }))
            .Concat(Cuts.Towards(1, operation.Count).Select(n => operation with { Count = n }))
            .Concat(Cuts.Towards(Shortest(operation), operation.Time).Select(n => operation with { Time = n }))
            .Concat(Cuts.Towards(0, operation.How).Select(n => operation with { How = n })))
        {
            yield return simpler;
        }
    }

    /// <summary>A lease must last for some time.</summary>
    private static int Shortest(Operation operation) => operation.Kind == OperationKind.Fetch ? 1 : 0;
}
