namespace TaskQ.Tests.Scale;

/// <summary>The loads that the scaler tests share; a backlog of 40,000 unless they say otherwise.</summary>
internal static class Loads
{
    public const int Backlog = 40_000;

    /// <summary>Handlers that wait.</summary>
    public static SimulatedLoad Waiting(double seconds) => new() { Backlog = Backlog, Job = (_, _) => new(Wait: seconds) };

    /// <summary>Handlers that compute.</summary>
    public static SimulatedLoad Computing(double seconds) =>
        new() { Backlog = Backlog, Job = (_, _) => new(Cpu: seconds), Until = 120 };

    /// <summary>Handlers that use one of the slots of a downstream.</summary>
    public static SimulatedLoad Downstream(int slots, double seconds) =>
        new() { Backlog = 10 * Backlog, Slots = slots, Job = (_, _) => new(Slot: seconds), Until = 300 };

    /// <summary>Handlers that wait for a log-normal time.</summary>
    public static SimulatedLoad Noisy(double mean, double sigma, int seed) =>
        new() { Backlog = Backlog, Seed = seed, Job = (random, _) => new(Wait: LogNormal(random, mean, sigma)) };

    /// <summary>Poisson arrivals of handlers that wait.</summary>
    public static SimulatedLoad Steady(double perSecond, double seconds) => new()
    {
        Job = (_, _) => new(Wait: seconds),
        Arrivals = _ => perSecond,
        PeakArrivals = perSecond,
        Until = 200,
    };

    /// <summary>The same load under a fixed number of workers.</summary>
    public static SimulatedLoad Fixed(this SimulatedLoad load, int workers) =>
        load with { MinWorkers = workers, MaxWorkers = workers };

    public static double LogNormal(Random random, double mean, double sigma)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        double normal = radius * Math.Cos(2 * Math.PI * random.NextDouble());
        return mean * Math.Exp((sigma * normal) - (sigma * sigma / 2));
    }
}
