using TaskQ.Bench.Measure;

namespace TaskQ.Bench;

/// <summary>One row of figures. What does not apply is null.</summary>
internal sealed record BenchResult
{
    /// <summary>The scenario, or <c>scenario.part</c>.</summary>
    public required string Scenario { get; init; }

    /// <summary>The backend, with its variant.</summary>
    public required string Backend { get; init; }

    /// <summary>Messages, or operations.</summary>
    public required long N { get; init; }

    /// <summary>How long they took: the median round.</summary>
    public double? Seconds { get; init; }

    /// <summary>Messages per second: the median round.</summary>
    public double? PerSecond { get; init; }

    /// <summary>The median latency in milliseconds.</summary>
    public double? P50Ms { get; init; }

    /// <summary>The 99th percentile of latency in milliseconds.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Bytes allocated per message, all of the process's threads.</summary>
    public double? AllocatedBytesPerMessage { get; init; }

    /// <summary>The peak working set in MiB.</summary>
    public double? PeakRssMb { get; init; }

    /// <summary>Processor time per message in nanoseconds, all of the process's threads. Text only.</summary>
    public double? CpuNanosecondsPerMessage { get; init; }

    /// <summary>The share of the time in which the garbage collector held all threads. Text only.</summary>
    public double? PauseShare { get; init; }

    /// <summary>What the thread pool ran per message: hops from one thread to another. Text only.</summary>
    public double? WorkItemsPerMessage { get; init; }

    /// <summary>How often a thread found a lock taken, per thousand messages. Text only.</summary>
    public double? ContentionsPerThousand { get; init; }

    /// <summary>The slowest and the fastest round, in messages per second. Text only.</summary>
    public (double Min, double Max)? Range { get; init; }

    /// <summary>What the same work costs without a queue, measured in the same run. Text only.</summary>
    public string? Baseline { get; init; }

    /// <summary>The figure as a share of the baseline: the median of the rounds. Text only.</summary>
    public double? BaselineShare { get; init; }

    /// <summary>What the store's process used per message in all measured rounds. Text only.</summary>
    public StoreUse? StorePerMessage { get; init; }

    /// <summary>The store's processor time per message from its add to its end, in microseconds. Text only.</summary>
    public double? StoreLifeMicroseconds { get; init; }

    /// <summary>What the figure must reach. Text only, and for <c>--check</c>.</summary>
    public Target? Target { get; init; }

    /// <summary>Lines below the table. Text only.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
