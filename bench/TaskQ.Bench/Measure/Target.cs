namespace TaskQ.Bench.Measure;

/// <summary>What a figure must reach.</summary>
/// <param name="Text">The bound, in words.</param>
/// <param name="Met">Whether it was reached in this run.</param>
internal sealed record Target(string Text, bool Met);
