using TaskQ.Conformance.Harness;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Limits over all processes while processes die.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class LimitCrashTests(Standstill machine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [Fact]
    [Trait("Fault", "R33")]
    public async Task RateLimit_WorkersKilled_HoldsAndLeaksNoPermits()
    {
        const int Messages = 500, Rate = 100, Burst = 10, Kills = 4, InFlight = 4;
        await using var test = await FaultQueue.OpenAsync();
        string[] arguments = ["--rate", $"{Rate}", "--workers", $"{InFlight}", "--batch", $"{InFlight}", "--crash-limit", "10"];
        var workers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => test.Workers.StartAsync(Lease, arguments)));
        await test.AddAsync(test.Work, 0, Messages, 20);
        for (var kill = 0; kill < Kills; kill++)
        {
            await test.Workers.RecordedAsync('S', (kill + 1) * Rate);
            workers[kill % 3].Kill();
            workers[kill % 3] = await test.Workers.StartAsync(Lease, arguments);
        }

        await test.DrainedAsync();

        var starts = test.Record.Of('S').Select(e => e.Time).Order().ToArray();
        var second = TimeProvider.System.TimestampFrequency;
        var most = starts.Max(from => starts.Count(t => t >= from && t < from + second));
        var took = TimeProvider.System.GetElapsedTime(starts[0], starts[^1]);
        var lost = await test.LostAsync(0, Messages);
        var lastKill = test.Workers.Deaths.Values.Max();
        var before = starts.Count(t => t <= lastKill);
        Figures.Print($"{Messages} messages at {Rate}/s, {Kills} kills: lost {lost.Length}, duplicates {test.Record.Duplicates()}, "
            + $"at most {most} starts in a second, {starts.Length / took.TotalSeconds:0.0}/s on average, "
            + $"{before} in {Figures.Milliseconds(TimeProvider.System.GetElapsedTime(starts[0], lastKill))} ms before the last kill");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());

        // A permit is granted in the store and used in a process: one that stutters uses it a little later.
        Assert.InRange(most, 1, Rate + Burst + 15);

        // A kill may take the permits of what its process held with it, not a window's. What the last one held comes after its lease.
        machine.AssertWithin(TimeFor(before), TimeProvider.System.GetElapsedTime(starts[0], lastKill), "the last kill came");
        machine.AssertWithin(TimeFor(starts.Length) + Lease, took, "all had started");

        static TimeSpan TimeFor(int count) => TimeSpan.FromSeconds(0.25 + ((double)(count - Burst + (Kills * InFlight)) / Rate));
    }

    [Fact]
    [Trait("Fault", "R34")]
    public async Task WorkerLimit_WorkersKilled_HoldsAndRecoversWithinTheLease()
    {
        const int Messages = 250, Limit = 5, Kills = 5, Each = 25;
        await using var test = await FaultQueue.OpenAsync();
        string[] arguments = ["--worker-limit", $"{Limit}", "--workers", "4", "--crash-limit", "10"];
        var workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => test.Workers.StartAsync(Lease, arguments)));
        await test.AddAsync(test.Work, 0, Messages - (Kills * Each), 100);
        for (var kill = 0; kill < Kills; kill++)
        {
            await test.Workers.RecordedAsync('E', (kill + 1) * Each);

            // One that holds something, or nothing would be learned.
            var open = test.Record.Runs(test.Workers.Deaths).Where(r => r.End == long.MaxValue).Select(r => r.Process).ToHashSet();
            var index = Math.Max(0, Array.FindIndex(workers, w => open.Contains(w.Id)));
            workers[index].Kill();

            // However slow this machine is, there is enough to do after each kill.
            await test.AddAsync(test.Work, Messages - ((Kills - kill) * Each), Each, 100);
            workers[index] = await test.Workers.StartAsync(Lease, arguments);
        }

        var lastKill = test.Workers.Deaths.Values.Max();
        await test.DrainedAsync(TimeSpan.FromSeconds(40));

        var runs = test.Record.Runs(test.Workers.Deaths);
        var most = runs.Max(r => Overlapping(r.Start));
        var afterwards = runs.Where(r => r.Start > lastKill).ToList();
        var full = afterwards.Where(r => Overlapping(r.Start) == Limit).Select(r => r.Start).DefaultIfEmpty(long.MaxValue).Min();
        var recovery = TimeProvider.System.GetElapsedTime(lastKill, full);
        var lost = await test.LostAsync(0, Messages);
        Figures.Print($"{Messages} messages, limit {Limit}, {Kills} kills: lost {lost.Length}, duplicates {test.Record.Duplicates()}, "
            + $"at most {most} at once, {Limit} again {Figures.Milliseconds(recovery)} ms after the last kill");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(Limit, most);
        Assert.True(
            full != long.MaxValue,
            $"of {afterwards.Count} runs after the last kill at most {afterwards.Select(r => Overlapping(r.Start)).DefaultIfEmpty().Max()} ran at once");
        machine.AssertWithin(Lease + TimeSpan.FromSeconds(1), recovery, "the limit was used again");

        int Overlapping(long time) => runs.Count(r => r.Start <= time && r.End > time);
    }
}
