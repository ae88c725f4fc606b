using TaskQ.Consume;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class LoopPoolTests
{
    private readonly LoopPool _pool;
    private int _started;

    public LoopPoolTests() => _pool = new LoopPool(() => _started++);

    [Fact]
    public void SetTarget_ShrinkThenGrowWhileAllAreBusy_StartsNoneBesideThem()
    {
        _pool.SetTarget(4);
        Assert.Equal(3, _pool.SetTarget(1));

        Assert.Equal(0, _pool.SetTarget(4));

        Assert.Equal(4, _started);
        Assert.Equal(4, _pool.Live);
        Assert.False(_pool.TryRetire());
    }

    [Fact]
    public void TryRetire_OverTheTarget_LetsTheSurplusGoAndNoMore()
    {
        _pool.SetTarget(3);
        _pool.SetTarget(1);

        Assert.True(_pool.TryRetire());
        Assert.True(_pool.TryRetire());
        Assert.False(_pool.TryRetire());
        Assert.Equal(1, _pool.Live);
    }

    [Fact]
    public async Task CloseAsync_LoopsLive_EndsWithTheLast()
    {
        _pool.SetTarget(2);
        Task left = _pool.CloseAsync();

        _pool.Leave();
        Assert.False(left.IsCompleted);
        _pool.Leave();

        await ConsumerRig.Within(left);
    }

    [Fact]
    public async Task CloseAsync_NoneLive_EndsAtOnceAndStartsNoMore()
    {
        await ConsumerRig.Within(_pool.CloseAsync());

        Assert.Equal(0, _pool.SetTarget(5));
        Assert.Equal(0, _started);
    }

    [Fact]
    public void TryRetire_Closed_IsRefusedSoThatEachLoopLeavesOnce()
    {
        _pool.SetTarget(3);
        _pool.SetTarget(1);
        _ = _pool.CloseAsync();

        Assert.False(_pool.TryRetire());
    }
}
