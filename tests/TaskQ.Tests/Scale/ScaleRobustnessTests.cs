using Xunit;

namespace TaskQ.Tests.Scale;

/// <summary>Loads beyond the table: noise, mixtures, ramps, knees, limits.</summary>
public sealed class ScaleRobustnessTests
{
    [Theory]
    [InlineData(0.1, 0.5, 1, 10)]
    [InlineData(0.1, 0.5, 2, 10)]
    [InlineData(0.1, 0.8, 1, 10)]
    [InlineData(0.1, 0.8, 2, 10)]
    [InlineData(0.1, 0.8, 3, 10)]
    [InlineData(1, 0.5, 1, 20)]
    [InlineData(1, 0.5, 2, 20)]
    [InlineData(1, 0.8, 1, 20)]
    [InlineData(1, 0.8, 2, 20)]
    [InlineData(1, 0.8, 3, 20)]
    public void NoisyHandlers_Backlog_ReachMaxAndStay(double mean, double sigma, int seed, double within)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Noisy(mean, sigma, seed) with { Until = 50 });

        Assert.InRange(run.Reached(64), 1, within);
        Assert.Equal((64, 64, 64), run.Workers(within, 50));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void Bimodal5msAnd20s_Backlog_ReachesMaxAndStays(double shareOfLong)
    {
        ScaleSimulation run = ScaleSimulation.Run(new SimulatedLoad
        {
            Backlog = 10 * Loads.Backlog,
            Job = (random, _) => new(Wait: random.NextDouble() < shareOfLong ? 20 : 0.005),
            Until = 200,
        });

        Assert.InRange(run.Reached(64), 1, 15);
        Assert.Equal((64, 64, 64), run.Workers(15, 200));
    }

    [Theory]
    [InlineData(8, 0.01)]
    [InlineData(8, 0.1)]
    [InlineData(8, 1)]
    [InlineData(24, 0.1)]
    public void Downstream_Backlog_SettlesAtTheKneeAndProbesAgain(int slots, double seconds)
    {
        SimulatedLoad load = Loads.Downstream(slots, seconds);

        ScaleSimulation run = ScaleSimulation.Run(load);
        ScaleSimulation best = ScaleSimulation.Run(load.Fixed(64));

        (_, double mean, int most) = run.Workers(100, 300);
        Assert.InRange(mean, slots, slots * 1.3);
        Assert.InRange(most, slots * 1.5, slots * 2.5);
        Assert.InRange((double)run.TotalCompleted / best.TotalCompleted, 0.95, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NoisyDownstream_OneHour_KneeDoesNotRunToMax(int seed)
    {
        SimulatedLoad load = Loads.Downstream(8, 0.1) with
        {
            Seed = seed,
            Job = (random, _) => new(Slot: Loads.LogNormal(random, 0.1, 0.8)),
            Until = 3600,
        };

        ScaleSimulation run = ScaleSimulation.Run(load);

        Assert.InRange(run.Workers(60, 3600).Mean, 8, 40);
        Assert.InRange((double)run.TotalCompleted / ScaleSimulation.Run(load.Fixed(64)).TotalCompleted, 0.98, 1.02);
    }

    [Fact]
    public void DownstreamThatWidens_Backlog_IsFoundAfterTheHold()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Downstream(8, 0.1) with
        {
            Job = (_, time) => time < 100 ? new(Slot: 0.1) : new(Wait: 0.1),
        });

        Assert.InRange(run.Workers(20, 100).Most, 8, 20);
        Assert.InRange(run.Reached(64), 100, 135);
    }

    [Fact]
    public void NoOpHandlers_Backlog_FewWorkers()
    {
        ScaleSimulation run = ScaleSimulation.Run(new SimulatedLoad
        {
            Backlog = 500_000,
            Batch = 100,
            Buffer = 200,
            Job = (_, _) => new(Cpu: 1e-6),
            Tick = 0.01,
            FirstTick = 0.01,
        });

        Assert.Equal(500_000, run.TotalCompleted);
        Assert.InRange(run.MostRunning, 1, 4);
    }

    [Fact]
    public void NoOpHandlers_Poisson_OneWorker()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Steady(20_000, 0) with
        {
            Batch = 100,
            Buffer = 200,
            Job = (_, _) => new(Cpu: 1e-6),
            Until = 20,
        });

        Assert.Equal((1, 1, 1), run.Workers(0, 20));
        Assert.InRange(run.TotalCompleted, 390_000, 410_000);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.85)]
    [InlineData(0.95)]
    public void ComputingPoisson_Steady_AboutTheCores(double utilization)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Steady(20 * utilization, 0) with { Job = (_, _) => new(Cpu: 0.1) });

        Assert.InRange(run.Workers(0, 200).Most, 2, 5);
    }

    [Fact]
    public void RisingArrivals_Workers_KeepUpAndDontOvershoot()
    {
        ScaleSimulation run = ScaleSimulation.Run(new SimulatedLoad
        {
            MaxWorkers = 256,
            Job = (_, _) => new(Wait: 0.1),
            Arrivals = time => Math.Min(time, 60) * 10,
            PeakArrivals = 600,
            Until = 120,
        });

        Assert.InRange(run.TotalCompleted, 52_500, 55_500);
        Assert.InRange(run.Workers(60, 120).Most, 60, 130);
        Assert.InRange(run.Workers(100, 120).Mean, 60, 85);
    }

    [Fact]
    public void FailureStorm_Backlog_GrowsOnlyAfterIt()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(0.1) with
        {
            Job = (_, time) => new(Wait: 0.1, Fails: time < 30),
        });

        Assert.Equal((1, 1, 1), run.Workers(0, 30));
        Assert.InRange(run.Reached(64), 30, 35);
    }

    [Fact]
    public void PausedQueue_Backlog_DoesNotGrowUntilResumed()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(0.1) with { Paused = time => time < 20 });

        Assert.Equal((1, 1, 1), run.Workers(0, 20));
        Assert.InRange(run.Reached(64), 20, 25);
    }

    [Fact]
    public void NeverReturning_OwnCpuBusyForEver_StillGrows()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(double.PositiveInfinity) with { OwnOtherCores = _ => 2, Until = 300 });

        Assert.InRange(run.Targets[^1].Workers, 8, 30);
        Assert.InRange(run.Targets[^1].Time, 260, 300);
    }

    [Fact]
    public void HandlersThatBeginToHang_Backlog_GrowToMax()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Downstream(4, 0.1) with
        {
            Job = (_, time) => time < 20 ? new(Slot: 0.1, Fails: true) : new(Wait: double.PositiveInfinity),
            Until = 120,
        });

        Assert.InRange(run.Workers(0, 20).Most, 1, 1);
        Assert.InRange(run.Reached(64), 50, 80);
    }

    [Fact]
    public void SlowStore_Backlog_FetchersGrowUntilWorkersAreFed()
    {
        SimulatedLoad load = Loads.Waiting(0.1) with { FetchLatency = 0.05, MaxFetchers = 8, Buffer = 160, Until = 200 };

        ScaleSimulation run = ScaleSimulation.Run(load);
        ScaleSimulation single = ScaleSimulation.Run(load with { MaxFetchers = 1 });

        Assert.InRange(run.Fetchers, 2, 8);
        Assert.InRange(run.EndedAt, 62.5, 68);
        Assert.InRange(single.EndedAt, 199, 201);
    }

    [Fact]
    public void MemoryStore_Backlog_OneFetcher()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(0.01) with { MaxFetchers = 8 });

        Assert.Equal(1, run.Fetchers);
    }
}
