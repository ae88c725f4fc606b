using System.Globalization;
using Xunit;

namespace TaskQ.Tests.Scale;

/// <summary>The table of loads in the architecture, each row in the simulation.</summary>
public sealed class ScaleTableTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0.25)]
    [InlineData(1.5)]
    public void Waiting100ms_Backlog_All64Within5s(double firstTick)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(0.1) with { FirstTick = firstTick, Until = 20 });

        Assert.InRange(run.Reached(64), firstTick + 0.5, 5);
        Assert.Equal((64, 64, 64), run.Workers(5, 20));
        Assert.Equal(64, run.MostRunning);
    }

    [Fact]
    public void Waiting100ms_WholeDrain_95PercentOfFixed64()
    {
        SimulatedLoad load = Loads.Waiting(0.1) with { Until = 200 };

        double scaled = ScaleSimulation.Run(load).EndedAt;
        double best = ScaleSimulation.Run(load.Fixed(64)).EndedAt;

        Assert.InRange(best, 62.4, 62.6);
        Assert.InRange(best / scaled, 0.95, 1);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(1.5)]
    public void Waiting1s_Backlog_All64Within10s(double firstTick)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(1) with { FirstTick = firstTick });

        Assert.InRange(run.Reached(64), 3, 10);
        Assert.Equal((64, 64, 64), run.Workers(10, 60));
    }

    [Theory]
    [InlineData(0.005, 2)]
    [InlineData(0.1, 2)]
    [InlineData(0.1, 4)]
    [InlineData(0.1, 1)]
    public void Computing_Backlog_SettlesAtTheCores(double seconds, int cores)
    {
        SimulatedLoad load = Loads.Computing(seconds) with { Cores = cores };

        ScaleSimulation run = ScaleSimulation.Run(load);
        long best = new[] { 1, 2, 4, 8, 64 }.Max(workers => ScaleSimulation.Run(load.Fixed(workers)).TotalCompleted);

        Assert.InRange((double)run.TotalCompleted / best, 0.9, 1.0001);
        Assert.InRange(run.Workers(20, run.EndedAt).Mean, cores, cores * 1.25);
        Assert.InRange(run.MostRunning, cores, cores * 2);
    }

    [Fact]
    public void BurstThenIdle_Workers_BackToMinWithin30s()
    {
        ScaleSimulation run = ScaleSimulation.Run(new SimulatedLoad
        {
            Job = (_, _) => new(Wait: 0.1),
            Arrivals = time => time < 10 ? 1000 : 0,
            PeakArrivals = 1000,
            Until = 80,
        });

        double lastWork = run.TotalCompleted / 640.0;
        Assert.Equal(64, run.Workers(5, 15).Least);
        Assert.InRange(run.Targets[^1].Time, lastWork + 5, lastWork + 30);
        Assert.Equal((1, 1, 1), run.Workers(lastWork + 30, 80));
    }

    [Theory]
    [InlineData(50, 0.01, 2)]
    [InlineData(500, 0.01, 2)]
    [InlineData(3000, 0.01, 2)]
    [InlineData(5, 0.1, 2)]
    [InlineData(10, 0.1, 2)]
    [InlineData(50, 0.1, 2)]
    [InlineData(300, 0.1, 2)]
    [InlineData(0.5, 1, 2)]
    [InlineData(1, 1, 2)]
    // The load itself wanders here: the workers needed have a standard deviation of 2.2 and 5.5, over seconds.
    [InlineData(5, 1, 4)]
    [InlineData(30, 1, 8)]
    public void SteadyPoisson_Workers_StayPut(double perSecond, double seconds, int range)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Steady(perSecond, seconds));

        (int least, double mean, int most) = run.Workers(100, 200);
        double load = perSecond * seconds;
        Assert.InRange(most - least, 0, range);
        Assert.InRange(mean, load, load + (3 * Math.Sqrt(load)) + 2);
        Assert.InRange(run.TotalCompleted, perSecond * 200 * 0.8, perSecond * 200 * 1.2);
    }

    [Theory]
    [InlineData(0.1, 5)]
    [InlineData(1, 10)]
    public void BusyMachineAtStart_OtherProcesses_SameFigures(double seconds, double within)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(seconds) with
        {
            Job = (_, _) => new(Wait: seconds, Cpu: 0.001),
            FreeCores = _ => 0.8,
        });

        Assert.InRange(run.Reached(64), 1, within);
        Assert.Equal((64, 64, 64), run.Workers(within, 60));
    }

    [Theory]
    [InlineData(0.1, 5)]
    [InlineData(1, 10)]
    public void BusyMachineAtStart_OwnProcess_SameFigures(double seconds, double within)
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(seconds) with { OwnOtherCores = time => time < 20 ? 2 : 0 });

        Assert.InRange(run.Reached(64), 1, within);
        Assert.Equal((64, 64, 64), run.Workers(within, 60));
    }

    [Fact]
    public void NeverReturning_Backlog_GrowsOnWaitingAlone()
    {
        ScaleSimulation run = ScaleSimulation.Run(Loads.Waiting(double.PositiveInfinity) with { MaxWorkers = 256 });

        Assert.InRange(run.Reached(16), 4, 10);
        Assert.InRange(run.Reached(256), 10, 30);
        Assert.Equal(256, run.MostRunning);
        Assert.Equal(0, run.TotalCompleted);
    }

    [Fact]
    public void Table_Figures_ArePrinted()
    {
        (string Name, SimulatedLoad Load)[] rows =
        [
            ("waits 100 ms", Loads.Waiting(0.1)),
            ("waits 1 s", Loads.Waiting(1)),
            ("waits 100 ms, own CPU busy for 20 s", Loads.Waiting(0.1) with { OwnOtherCores = time => time < 20 ? 2 : 0 }),
            ("waits 1 s, own CPU busy for 20 s", Loads.Waiting(1) with { OwnOtherCores = time => time < 20 ? 2 : 0 }),
            ("waits 100 ms, others take 1.2 of 2 cores", Loads.Waiting(0.1) with { Job = (_, _) => new(Wait: 0.1, Cpu: 0.001), FreeCores = _ => 0.8 }),
            ("never returns, max 256", Loads.Waiting(double.PositiveInfinity) with { MaxWorkers = 256 }),
            ("computes 5 ms, 2 cores", Loads.Computing(0.005)),
            ("computes 100 ms, 2 cores", Loads.Computing(0.1)),
            ("8 slots of 10 ms", Loads.Downstream(8, 0.01)),
            ("8 slots of 100 ms", Loads.Downstream(8, 0.1)),
            ("8 slots of 1 s", Loads.Downstream(8, 1)),
            ("log-normal 100 ms, sigma 0.8", Loads.Noisy(0.1, 0.8, 1)),
            ("log-normal 1 s, sigma 0.8", Loads.Noisy(1, 0.8, 1)),
            ("Poisson 300/s of 100 ms", Loads.Steady(300, 0.1)),
        ];

        output.WriteLine($"{"load",-42}{"16 at",8}{"64 at",8}{"max at",8}{"mean",8}{"range",9}{"done",9}");
        foreach ((string name, SimulatedLoad load) in rows)
        {
            ScaleSimulation run = ScaleSimulation.Run(load);
            (int least, double mean, int most) = run.Workers(run.EndedAt / 2, run.EndedAt);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-42}{run.Reached(16),8:F2}{run.Reached(64),8:F2}{run.Reached(load.MaxWorkers),8:F2}{mean,8:F1}{$"{least}-{most}",9}{run.TotalCompleted,9}"));
            Assert.InRange(run.MostRunning, 1, load.MaxWorkers);
        }
    }
}
