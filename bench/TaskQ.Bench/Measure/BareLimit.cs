namespace TaskQ.Bench.Measure;

/// <summary>What the store does without a queue, measured beside each round.</summary>
/// <param name="Name">What is done, as the report names it.</param>
/// <param name="MeasureAsync">Does so many of it and returns how many a second.</param>
internal sealed record BareLimit(string Name, Func<int, Task<double>> MeasureAsync);
