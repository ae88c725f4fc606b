using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task WorkerLimit_Full_HandsOutNoMoreThanIt()
    {
        await using var rig = new Rig(options => options.WorkerLimit = 3);
        await AddAsync(rig, 10);

        Assert.Equal(3, (await rig.FetchAsync()).Deliveries.Count);
        Assert.Empty((await rig.FetchAsync()).Deliveries);
    }

    [Fact]
    public async Task WorkerLimit_SlotFreed_WakesTheFetchThatWaits()
    {
        await using var rig = new Rig(options => options.WorkerLimit = 2);
        await AddAsync(rig, 10);
        ExchangeResult first = await rig.FetchAsync();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        Assert.False(waiting.IsCompleted);

        await rig.SettleAsync(first.Deliveries[0], SettlementKind.Complete);

        Assert.Single((await waiting.WaitAsync(Rig.Patience)).Deliveries);
    }

    [Fact]
    public async Task WorkerLimit_TwoConsumers_ShareIt()
    {
        await using var rig = new Rig(options => options.WorkerLimit = 5);
        await AddAsync(rig, 1000);
        int running = 0;
        int most = 0;

        async Task ConsumeAsync()
        {
            while (true)
            {
                ExchangeResult result = await rig.FetchAsync(3);
                if (result.Deliveries.Count == 0 && (await rig.Backend.CountAsync(default)).Ready == 0)
                {
                    return;
                }

                InterlockedMax(ref most, Interlocked.Add(ref running, result.Deliveries.Count));
                await Task.Yield();
                Interlocked.Add(ref running, -result.Deliveries.Count);
                await rig.Backend.ExchangeAsync(
                    [.. result.Deliveries.Select(delivery => new Settlement(delivery, SettlementKind.Complete))], null, default);
            }
        }

        await Task.WhenAll(Task.Run(ConsumeAsync), Task.Run(ConsumeAsync)).WaitAsync(Rig.Patience);

        Assert.InRange(most, 1, 5);
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task RateLimit_UnderLoad_IsExact()
    {
        await using var rig = new Rig(options => options.RateLimit = new RateLimit(10, TimeSpan.FromSeconds(1), 4));
        await AddAsync(rig, 200);
        Assert.Equal(4, (await rig.FetchAsync()).Deliveries.Count);
        int started = 0;
        for (int i = 0; i < 1000; i++)
        {
            rig.Advance(0.01);
            started += (await rig.FetchAsync()).Deliveries.Count;
        }

        Assert.Equal(100, started);
    }

    [Fact]
    public async Task RateLimit_AfterIdle_AllowsTheBurstAndNoMore()
    {
        await using var rig = new Rig(options => options.RateLimit = RateLimit.PerSecond(5));
        rig.Clock.Advance(TimeSpan.FromDays(3));
        await AddAsync(rig, 100);

        Assert.Equal(5, (await rig.FetchAsync()).Deliveries.Count);
        Assert.Empty((await rig.FetchAsync()).Deliveries);
        rig.Advance(0.2);
        Assert.Single((await rig.FetchAsync()).Deliveries);
    }

    [Fact]
    public async Task RateLimit_WaitingFetch_WakesAtTheNextPermit()
    {
        await using var rig = new Rig(options => options.RateLimit = new RateLimit(3, TimeSpan.FromSeconds(1), 1));
        await AddAsync(rig, 3);
        await rig.FetchOneAsync();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        rig.Advance(0.3333333);
        Assert.Equal(1, rig.Backend.WaiterCount);
        rig.Advance(0.0000001);

        Assert.Single((await waiting.WaitAsync(Rig.Patience)).Deliveries);
    }

    [Fact]
    public async Task RateLimit_ThreadStoodStillWhileItArmedTheTimer_WakesAtTheNextPermitAllTheSame()
    {
        var clock = new LateClock();
        await using var rig = new Rig(options => (options.TimeProvider, options.RateLimit) = (clock, RateLimit.PerSecond(1)));
        clock.Late = TimeSpan.FromMinutes(2);
        Task<ExchangeResult> first = rig.WaitingFetchAsync(1);
        await AddAsync(rig, 2);
        Assert.Single((await first.WaitAsync(Rig.Patience)).Deliveries);
        Task<ExchangeResult> second = rig.WaitingFetchAsync(1);

        // The overdue timer fires on the thread pool.
        Assert.True(SpinWait.SpinUntil(() => clock.Inner.NextTimer == TimeSpan.FromSeconds(1), Rig.Patience), "it is armed for the permit");
        clock.Inner.Advance(TimeSpan.FromSeconds(1));

        Assert.Single((await second.WaitAsync(Rig.Patience)).Deliveries);
    }

    [Fact]
    public async Task RateLimit_FetchesOfAnEmptyQueue_TakeNoPermits()
    {
        await using var rig = new Rig(options => options.RateLimit = RateLimit.PerHour(2));
        for (int i = 0; i < 10; i++)
        {
            Assert.Empty((await rig.FetchAsync()).Deliveries);
        }

        await AddAsync(rig, 1);
        Assert.Single((await rig.FetchAsync(100)).Deliveries);
        await AddAsync(rig, 1);
        Assert.Single((await rig.FetchAsync(100)).Deliveries);
    }

    [Theory]
    [InlineData(7, 3, 5, 1)]
    [InlineData(100, 1, 100, 2)]
    [InlineData(1, 10, 1, 3)]
    public async Task RateLimit_RandomLoad_NeverExceedsBurstAndRateInAnyWindow(int permits, int periodSeconds, int burst, int seed)
    {
        await using var rig = new Rig(options => options.RateLimit = new RateLimit(permits, TimeSpan.FromSeconds(periodSeconds), burst));
        await AddAsync(rig, 20_000);
        var random = new Random(seed);
        var starts = new List<double>();
        double now = 0;
        for (int i = 0; i < 2000; i++)
        {
            double step = random.NextDouble() * (random.Next(20) == 0 ? 5.0 * periodSeconds : 0.2 * periodSeconds / permits);
            rig.Advance(step);
            now = rig.Clock.GetTimestamp() / (double)TimeSpan.TicksPerSecond;
            foreach (Delivery delivery in (await rig.FetchAsync(random.Next(1, burst + 2))).Deliveries)
            {
                starts.Add(now);
                await rig.SettleAsync(delivery, SettlementKind.Complete);
            }
        }

        double rate = permits / (double)periodSeconds;
        for (int from = 0; from < starts.Count; from++)
        {
            for (int to = from; to < Math.Min(starts.Count, from + (3 * burst)); to++)
            {
                Assert.True(to - from + 1 <= burst + ((starts[to] - starts[from]) * rate) + 1e-3);
            }
        }

        Assert.True(starts.Count > burst);
    }

    private static async Task AddAsync(Rig rig, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await rig.AddAsync($"{i}");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
