namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Operations on one queue, as data that can be replayed and cut.</summary>
/// <param name="Seed">What it was made from.</param>
/// <param name="Settings">The queue.</param>
/// <param name="Operations">What is done, in this order.</param>
internal sealed record OperationSequence(int Seed, ModelSettings Settings, IReadOnlyList<Operation> Operations)
{
    public override string ToString() =>
        $"\n{Operations.Count} operations of seed {Seed}, on a queue {Settings}:\n  {string.Join(",\n  ", Operations)}\n";
}
