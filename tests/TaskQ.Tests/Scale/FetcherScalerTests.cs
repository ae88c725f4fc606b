using TaskQ.Scale;
using Xunit;

namespace TaskQ.Tests.Scale;

public sealed class FetcherScalerTests
{
    private static readonly ScaleSample Starved = new()
    {
        Elapsed = TimeSpan.FromMilliseconds(250),
        Workers = 64,
        Busy = 10,
        StarvedTime = TimeSpan.FromMilliseconds(200),
        Fetches = 10,
        FullFetches = 10,
        FullFetchTime = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public void Decide_StarvedAndLatencyBound_DoublesToMax()
    {
        var scaler = new FetcherScaler(1, 6, ScaleRules.SlowFetch);

        int[] targets = [.. Enumerable.Range(0, 4).Select(_ => scaler.Decide(Starved))];

        Assert.Equal([2, 4, 6, 6], targets);
    }

    [Fact]
    public void Decide_FetchesNotFull_StaysAtMin() =>
        Assert.Equal(1, new FetcherScaler(1, 6, ScaleRules.SlowFetch).Decide(Starved with { FullFetches = 9 }));

    [Fact]
    public void Decide_FastStore_StaysAtMin() =>
        Assert.Equal(1, new FetcherScaler(1, 6, ScaleRules.SlowFetch).Decide(Starved with { FullFetchTime = TimeSpan.FromMilliseconds(9) }));

    [Fact]
    public void Decide_WorkersFed_StaysAtMin() =>
        Assert.Equal(1, new FetcherScaler(1, 6, ScaleRules.SlowFetch).Decide(Starved with { StarvedTime = TimeSpan.FromMilliseconds(49) }));

    [Fact]
    public void Decide_NoFetchEnded_StaysAtMin() =>
        Assert.Equal(1, new FetcherScaler(1, 6, ScaleRules.SlowFetch).Decide(Starved with { Fetches = 0, FullFetches = 0 }));

    [Fact]
    public void Decide_FastFetchesOfAStoreThatSettlesApart_Doubles() =>
        Assert.Equal(2, new FetcherScaler(1, 6, ScaleRules.SlowRequests).Decide(Starved with { FullFetchTime = TimeSpan.FromMilliseconds(9) }));

    [Fact]
    public void Decide_MinIsMax_NeverChanges() => Assert.Equal(3, new FetcherScaler(3, 3, ScaleRules.SlowFetch).Decide(Starved));

    [Fact]
    public void Decide_NoLongerNeeded_ShrinksWithin15s()
    {
        var scaler = new FetcherScaler(1, 6, ScaleRules.SlowFetch);
        for (int i = 0; i < 4; i++)
        {
            scaler.Decide(Starved);
        }

        int[] targets = [.. Enumerable.Range(0, 60).Select(_ => scaler.Decide(new ScaleSample { Elapsed = Starved.Elapsed }))];

        Assert.Equal(6, targets[15]);
        Assert.Equal(1, targets[59]);
    }
}
