namespace TaskQ.Bench.Measure;

/// <summary>What a figure must reach.</summary>
/// <param name="Text">The bound, in words.</param>
/// <param name="Met">Whether it was reached in this run.</param>
internal sealed record Target(string Text, bool Met)
{
    /// <summary>Several as one, each with whether it was reached.</summary>
    public static Target All(params IReadOnlyList<Target> targets) => targets.Count == 1
        ? targets[0]
        : new Target(
            string.Join(", ", targets.Select(t => $"{t.Text} {(t.Met ? "yes" : "NO")}")),
            targets.All(t => t.Met));
}
