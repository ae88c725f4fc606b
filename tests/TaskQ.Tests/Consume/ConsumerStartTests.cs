using Xunit;

namespace TaskQ.Tests.Consume;

/// <summary>What a store says of itself before a consumer starts on it.</summary>
public sealed class ConsumerStartTests
{
    private readonly ConsumerRig _rig = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_StoreCantKeepQueues_FailsUntilItCan()
    {
        _rig.Backend.OnCheck = _ => throw new NotSupportedException("too old");

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => _rig.Queue.StartAsync(Token));

        Assert.Equal("too old", error.Message);
        Assert.False(_rig.Queue.Consumer.Stats.Running);
        _rig.Backend.OnCheck = null;
        await _rig.Queue.StartAsync(Token);
        Assert.True(_rig.Queue.Consumer.Stats.Running);
        await _rig.Queue.StopAsync(TimeSpan.Zero, Token);
    }

    [Fact]
    public async Task StartAsync_TwiceAtOnce_StartsOneRun()
    {
        var checking = new TaskCompletionSource();
        _rig.Backend.OnCheck = _ => checking.Task;
        Task[] starts = [_rig.Queue.StartAsync(Token), _rig.Queue.StartAsync(Token)];

        checking.SetResult();

        await starts[0];
        await Assert.ThrowsAsync<InvalidOperationException>(() => starts[1]);
        await _rig.Queue.StopAsync(TimeSpan.Zero, Token);
    }

    [Theory]
    [InlineData(false, typeof(OperationCanceledException))]
    [InlineData(true, typeof(ObjectDisposedException))]
    public async Task StartAsync_StoppedOrDisposedMeanwhile_DoesNotRun(bool dispose, Type expected)
    {
        var checking = new TaskCompletionSource();
        _rig.Backend.OnCheck = _ => checking.Task;
        var start = _rig.Queue.StartAsync(Token);
        await (dispose ? _rig.Queue.DisposeAsync().AsTask() : _rig.Queue.StopAsync(TimeSpan.Zero, Token));

        checking.SetResult();

        await Assert.ThrowsAsync(expected, () => start);
        Assert.False(_rig.Queue.Consumer.Stats.Running);
    }

    [Fact]
    public async Task StartAsync_Cancelled_CancelsTheLook()
    {
        using var cancelling = new CancellationTokenSource();
        _rig.Backend.OnCheck = token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        var start = _rig.Queue.StartAsync(cancelling.Token);

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ConsumerRig.Within(start));
        Assert.False(_rig.Queue.Consumer.Stats.Running);
    }
}
