namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>A sequence that fails.</summary>
/// <param name="Original">As it was made.</param>
/// <param name="Smallest">What is left of it, and still fails.</param>
/// <param name="Reason">How the smallest one fails.</param>
/// <param name="Tried">How many sequences were run until it was found.</param>
/// <param name="Shrinking">How many were run to make it smaller.</param>
internal sealed record SequenceFailure(OperationSequence Original, OperationSequence Smallest, string Reason, int Tried, int Shrinking)
{
    public override string ToString() =>
        $"{Reason}\nFound by sequence {Tried}, of {Original.Operations.Count} operations; shrunk by {Shrinking} runs to these:{Smallest}";
}
