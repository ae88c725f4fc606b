using Xunit;

namespace TaskQ.Tests.Scale;

public sealed class Explore(ITestOutputHelper output)
{
    private static double LogNormal(Random r, double mean, double sigma)
    {
        double z = Math.Sqrt(-2 * Math.Log(1 - r.NextDouble())) * Math.Cos(2 * Math.PI * r.NextDouble());
        return mean * Math.Exp((sigma * z) - (sigma * sigma / 2));
    }

    private void Show(string name, SimulatedLoad load, bool perSecond = true)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        ScaleSimulation s = ScaleSimulation.Run(load);
        output.WriteLine($"{name}: n={s.TotalCompleted} end={s.EndedAt:F2} most={s.MostRunning} f={s.Fetchers} real={watch.ElapsedMilliseconds}ms");
        output.WriteLine("   " + string.Join(' ', s.Targets.Take(45).Select(t => $"{t.Workers}@{t.Time:F2}")));
        output.WriteLine($"   second half {s.Workers(s.EndedAt / 2, s.EndedAt)}");
    }

    [Fact]
    public void All()
    {
        Show("100ms", new() { Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 200 });
        Show("100ms fixed", new() { MinWorkers = 64, Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 200 });
        Show("100ms late", new() { FirstTick = 1.5, Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 20 });
        Show("1s", new() { Backlog = 40000, Job = (_, _) => new(Wait: 1), Until = 60 });
        Show("1s late", new() { FirstTick = 1.5, Backlog = 40000, Job = (_, _) => new(Wait: 1), Until = 60 });
        Show("10s", new() { Backlog = 40000, Job = (_, _) => new(Wait: 10), Until = 120 });
        Show("cpu 100ms", new() { Backlog = 40000, Job = (_, _) => new(Cpu: .1), Until = 120 });
        Show("cpu 5ms", new() { Backlog = 400000, Job = (_, _) => new(Cpu: .005), Until = 120 });
        Show("cpu 5s", new() { Backlog = 40000, Job = (_, _) => new(Cpu: 5), Until = 240 });
        Show("cpu 60s", new() { Backlog = 40000, Job = (_, _) => new(Cpu: 60), Until = 600 });
        Show("cpu 100ms 4 cores", new() { Cores = 4, Backlog = 40000, Job = (_, _) => new(Cpu: .1), Until = 120 });
        Show("cpu 100ms, others take half", new() { FreeCores = _ => 1, Backlog = 40000, Job = (_, _) => new(Cpu: .1), Until = 120 });
        Show("mixed cpu 20ms wait 80", new() { Backlog = 40000, Job = (_, _) => new(Wait: .08, Cpu: .02), Until = 120 });
        Show("never", new() { MaxWorkers = 256, Backlog = 40000, Job = (_, _) => new(Wait: double.PositiveInfinity), Until = 60 });
        Show("never, own cpu busy", new() { MaxWorkers = 256, OwnOtherCores = _ => 2, Backlog = 40000, Job = (_, _) => new(Wait: double.PositiveInfinity), Until = 360 });
        Show("100ms own busy start", new() { OwnOtherCores = t => t < 20 ? 2 : 0, Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 60 });
        Show("1s own busy start", new() { OwnOtherCores = t => t < 20 ? 2 : 0, Backlog = 40000, Job = (_, _) => new(Wait: 1), Until = 60 });
        Show("100ms others busy", new() { FreeCores = t => .1, Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 60 });
        Show("cpu 1ms+wait 100ms others busy", new() { FreeCores = t => .5, Backlog = 40000, Job = (_, _) => new(Wait: .1, Cpu: .001), Until = 60 });
        foreach (double d in new[] { .01, .1, 1, 3, 10 })
        {
            Show($"8 slots {d}", new() { Slots = 8, Backlog = 400000, Job = (_, _) => new(Slot: d), Until = 300 });
            Show($"8 slots lognormal {d}", new() { Slots = 8, Backlog = 400000, Job = (r, _) => new(Slot: LogNormal(r, d, .8)), Until = 300 });
        }
        Show("8 slots lognormal .1 1h", new() { Slots = 8, Backlog = 4000000, Job = (r, _) => new(Slot: LogNormal(r, .1, .8)), Until = 3600 });
        Show("24 slots", new() { Slots = 24, Backlog = 400000, Job = (_, _) => new(Slot: .1), Until = 120 });
        foreach (double sg in new[] { .5, .8, 1.2 })
        for (int seed = 1; seed < 4; seed++)
        {
            Show($"lognormal .1 {sg}", new() { Seed = seed, Backlog = 40000, Job = (r, _) => new(Wait: LogNormal(r, .1, sg)), Until = 200 });
            Show($"lognormal 1 {sg}", new() { Seed = seed, Backlog = 40000, Job = (r, _) => new(Wait: LogNormal(r, 1, sg)), Until = 60 });
        }
        foreach (double p in new[] { .01, .1, .5 })
            Show($"bimodal {p}", new() { Backlog = 400000, Job = (r, _) => new(Wait: r.NextDouble() < p ? 20 : .005), Until = 200 });
        Show("noop", new() { Batch = 100, Buffer = 200, Backlog = 1000000, Job = (_, _) => new(Cpu: 1e-5), Until = 200 });
        Show("noop poisson", new() { Batch = 100, Buffer = 200, PeakArrivals = 20000, Arrivals = _ => 20000, Job = (_, _) => new(Cpu: 1e-5), Until = 30 });
        foreach (double d in new[] { .01, .1, 1, 10 })
        foreach (double a in new[] { .1, .5, 1, 5, 30 })
            Show($"poisson {d} a={a}", new() { PeakArrivals = a / d, Arrivals = _ => a / d, Job = (_, _) => new(Wait: d), Until = Math.Max(200, d * 50) });
        foreach (double a in new[] { .5, 1, 1.7, 1.9 })
            Show($"poisson cpu rho={a/2}", new() { PeakArrivals = a / .1, Arrivals = _ => a / .1, Job = (_, _) => new(Cpu: .1), Until = 200 });
        Show("poisson sqs", new() { FetchLatency = .02, MaxFetchers = 8, PeakArrivals = 300, Arrivals = _ => 300, Job = (_, _) => new(Wait: .1), Until = 200 });
        Show("backlog sqs", new() { Buffer = 160, FetchLatency = .05, MaxFetchers = 8, Backlog = 40000, Job = (_, _) => new(Wait: .1), Until = 200 });
        Show("burst idle", new() { PeakArrivals = 1000, Arrivals = t => t < 10 ? 1000 : 0, Job = (_, _) => new(Wait: .1), Until = 80 });
        Show("ramp", new() { MaxWorkers=128, PeakArrivals = 600, Arrivals = t => Math.Min(t, 60) * 10, Job = (_, _) => new(Wait: .1), Until = 120 });
        Show("fail", new() { Backlog = 40000, Job = (_, t) => new(Wait: .1, Fails: t < 30), Until = 60 });
    }
}
