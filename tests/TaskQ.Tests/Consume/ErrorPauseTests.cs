using TaskQ.Consume;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class ErrorPauseTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly ErrorPause _pause;

    public ErrorPauseTests() => _pause = new ErrorPause(3, Duration, _clock);

    [Fact]
    public void OnFailure_AtTheThreshold_PausesOnce()
    {
        Assert.False(_pause.OnFailure());
        Assert.False(_pause.OnFailure());
        Assert.False(_pause.IsPaused);

        Assert.True(_pause.OnFailure());
        Assert.False(_pause.OnFailure());

        Assert.True(_pause.IsPaused);
        Assert.Equal(1, _clock.ArmedTimers);
    }

    [Fact]
    public void OnSuccess_Between_CountsAnew()
    {
        _pause.OnFailure();
        _pause.OnFailure();
        _pause.OnSuccess();

        Assert.False(_pause.OnFailure());
    }

    [Fact]
    public async Task WaitAsync_Paused_EndsWithThePause()
    {
        Fail(3);
        Task wait = _pause.WaitAsync(CancellationToken.None).AsTask();
        _clock.Advance(Duration - TimeSpan.FromTicks(1));
        Assert.False(wait.IsCompleted);

        _clock.Advance(TimeSpan.FromTicks(1));

        await ConsumerRig.Within(wait);
        Assert.False(_pause.IsPaused);
        Assert.False(_pause.OnFailure());
    }

    [Fact]
    public async Task WaitAsync_Cancelled_EndsWithoutAnException()
    {
        Fail(3);
        using var source = new CancellationTokenSource();
        Task wait = _pause.WaitAsync(source.Token).AsTask();

        await source.CancelAsync();

        await ConsumerRig.Within(wait);
        Assert.True(_pause.IsPaused);
    }

    [Fact]
    public void End_Paused_LeavesNoTimer()
    {
        Fail(3);

        _pause.End();
        _pause.End();

        Assert.Equal(0, _clock.ArmedTimers);
        Assert.True(_pause.WaitAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    private void Fail(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _pause.OnFailure();
        }
    }
}
