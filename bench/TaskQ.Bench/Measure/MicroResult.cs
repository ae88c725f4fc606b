namespace TaskQ.Bench.Measure;

/// <summary>What one operation of a micro benchmark costs.</summary>
/// <param name="Operations">How many were measured.</param>
/// <param name="Nanoseconds">The time of one.</param>
/// <param name="Bytes">What one allocates.</param>
internal readonly record struct MicroResult(long Operations, double Nanoseconds, double Bytes)
{
    /// <summary>The cost as a row.</summary>
    public BenchResult ToRow(string scenario, string backend) => new()
    {
        Scenario = scenario,
        Backend = backend,
        N = Operations,
        Seconds = Operations * Nanoseconds / 1e9,
        PerSecond = Nanoseconds > 0 ? 1e9 / Nanoseconds : null,
        AllocatedBytesPerMessage = Bytes,
        PeakRssMb = PeakMemory.Read(),
    };
}
