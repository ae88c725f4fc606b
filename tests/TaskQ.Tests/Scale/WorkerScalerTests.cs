using TaskQ.Scale;
using Xunit;

namespace TaskQ.Tests.Scale;

public sealed class WorkerScalerTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    [Fact]
    public void Decide_MinIsMax_NeverChanges()
    {
        var scaler = new WorkerScaler(4, 4, 2);

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(4, scaler.Decide(Hanging(4)));
        }
    }

    [Fact]
    public void Decide_NoTimePassed_NoChange() =>
        Assert.Equal(1, new WorkerScaler(1, 8, 2).Decide(Hanging(1) with { Elapsed = TimeSpan.Zero }));

    [Fact]
    public void Decide_MaxIsNoPowerOfTwo_StopsAtMax()
    {
        var scaler = new WorkerScaler(3, 50, 2);
        int workers = 3;
        for (int i = 0; i < 200; i++)
        {
            workers = scaler.Decide(Hanging(workers));
            Assert.InRange(workers, 3, 50);
        }

        Assert.Equal(50, workers);
    }

    [Fact]
    public void Decide_HugeMax_DoesNotOverflow()
    {
        var scaler = new WorkerScaler(1_500_000_000, int.MaxValue, 2);
        int workers = 0;
        for (int i = 0; i < 20; i++)
        {
            workers = scaler.Decide(Hanging(1));
        }

        Assert.Equal(int.MaxValue, workers);
    }

    [Fact]
    public void Decide_NothingBuffered_NoGrowth()
    {
        var scaler = new WorkerScaler(1, 64, 2);

        for (int i = 0; i < 400; i++)
        {
            Assert.Equal(1, scaler.Decide(Hanging(1) with { Buffered = 0, OldestWait = TimeSpan.Zero }));
        }
    }

    [Fact]
    public void Decide_BufferedWhileWorkersIdle_NoGrowth()
    {
        var scaler = new WorkerScaler(4, 64, 2);

        for (int i = 0; i < 400; i++)
        {
            Assert.Equal(4, scaler.Decide(Hanging(4) with { BusyTime = Tick * 2 }));
        }
    }

    [Fact]
    public void Decide_ShallowBacklog_AddsByLittlesLaw()
    {
        var scaler = new WorkerScaler(1, 64, 2);
        ScaleSample sample = Hanging(1) with
        {
            LastFetchFull = false,
            Buffered = 8,
            Completed = 1,
            CompletedTime = TimeSpan.FromSeconds(1),
        };

        int[] targets = [.. Enumerable.Range(0, 4).Select(_ => scaler.Decide(sample))];

        // 8 buffered x 1 s / (1 s + 1 s) = 4 more, once a second.
        Assert.Equal([1, 1, 1, 5], targets);
    }

    [Fact]
    public void Decide_ShortWaitInShallowQueue_NoGrowth()
    {
        var scaler = new WorkerScaler(1, 64, 2);

        for (int i = 0; i < 400; i++)
        {
            ScaleSample sample = Hanging(1) with { LastFetchFull = false, OldestWait = TimeSpan.FromMilliseconds(99) };
            Assert.Equal(1, scaler.Decide(sample));
        }
    }

    [Fact]
    public void Decide_SameSamples_SameTargets()
    {
        var first = new WorkerScaler(1, 64, 2);
        var second = new WorkerScaler(1, 64, 2);
        var random = new Random(5);
        for (int i = 0; i < 10_000; i++)
        {
            ScaleSample sample = Arbitrary(random);
            int target = first.Decide(sample);
            Assert.Equal(target, second.Decide(sample));
            Assert.InRange(target, 1, 64);
        }
    }

    private static ScaleSample Hanging(int workers) => new()
    {
        Elapsed = Tick,
        Workers = workers,
        Busy = workers,
        Buffered = 20,
        OldestWait = TimeSpan.FromSeconds(1),
        LastFetchFull = true,
        BusyTime = Tick * workers,
    };

    private static ScaleSample Arbitrary(Random random)
    {
        int workers = random.Next(0, 70);
        int completed = random.Next(3) == 0 ? 0 : random.Next(1000);
        return new ScaleSample
        {
            Elapsed = TimeSpan.FromMilliseconds(random.Next(0, 2000)),
            Workers = workers,
            Busy = random.Next(0, workers + 1),
            Buffered = random.Next(0, 20),
            OldestWait = TimeSpan.FromMilliseconds(random.Next(0, 500)),
            LastFetchFull = random.Next(2) == 0,
            Completed = completed,
            Failed = random.Next(0, completed + 1) / 2,
            CompletedTime = TimeSpan.FromMilliseconds(random.Next(0, 10_000)),
            Fresh = completed / 2,
            FreshTime = TimeSpan.FromMilliseconds(random.Next(0, 5000)),
            BusyTime = TimeSpan.FromMilliseconds(random.Next(0, 100_000)),
            CpuUtilization = random.NextDouble(),
        };
    }
}
