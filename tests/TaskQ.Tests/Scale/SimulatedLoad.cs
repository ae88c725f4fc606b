namespace TaskQ.Tests.Scale;

/// <summary>A load of <see cref="ScaleSimulation"/>. Times are in seconds.</summary>
internal sealed record SimulatedLoad
{
    /// <summary>Draws the next job.</summary>
    public required Func<Random, double, SimulatedJob> Job { get; init; }

    public int MinWorkers { get; init; } = 1;

    public int MaxWorkers { get; init; } = 64;

    public int MinFetchers { get; init; } = 1;

    public int MaxFetchers { get; init; } = 2;

    public int Cores { get; init; } = 2;

    /// <summary>The cores that other processes leave.</summary>
    public Func<double, double>? FreeCores { get; init; }

    /// <summary>The cores that other work of this process takes.</summary>
    public Func<double, double>? OwnOtherCores { get; init; }

    public int Slots { get; init; } = int.MaxValue;

    public int Batch { get; init; } = 10;

    public int Buffer { get; init; } = 20;

    public double FetchLatency { get; init; }

    public int Backlog { get; init; }

    /// <summary>Arrivals per second at a time; Poisson.</summary>
    public Func<double, double>? Arrivals { get; init; }

    /// <summary>The most arrivals per second that <see cref="Arrivals"/> gives.</summary>
    public double PeakArrivals { get; init; }

    /// <summary>When fetching is paused.</summary>
    public Func<double, bool>? Paused { get; init; }

    public double Tick { get; init; } = 0.25;

    public double FirstTick { get; init; } = 0.25;

    public double Until { get; init; } = 60;

    public int Seed { get; init; } = 1;
}
