using TaskQ.Dispatch;
using TaskQ.Memory.Testing;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Dispatch;

public sealed class RunningHandlerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _clock = new();
    private readonly RunningHandler _running = new();

    [Fact]
    public void Begin_CancelledBefore_TokenIsCancelled()
    {
        _running.Cancel(CancelReason.LeaseLost);

        Assert.True(_running.Begin(null, _clock).IsCancellationRequested);
    }

    [Fact]
    public void Cancel_Twice_TheFirstReasonStands()
    {
        _running.Begin(null, _clock);

        _running.Cancel(CancelReason.Operator);
        _running.Cancel(CancelReason.Shutdown);

        Assert.Equal(CancelReason.Operator, _running.Reason);
    }

    [Fact]
    public async Task Begin_TimeIsUp_CancelsThenAbandons()
    {
        CancellationToken token = _running.Begin(Limit, _clock);

        _clock.Advance(Limit);
        Assert.Equal(CancelReason.Timeout, _running.Reason);
        Assert.True(token.IsCancellationRequested);
        Assert.False(_running.Abandoned!.IsCompleted);
        _clock.Advance(RunningHandler.AbandonGrace);

        await ConsumerRig.Within(_running.Abandoned);
    }

    [Fact]
    public void Begin_AfterATimeout_IsNotCancelledByIt()
    {
        _running.Begin(Limit, _clock);
        _clock.Advance(Limit);
        _running.End();

        Assert.False(_running.Begin(Limit, _clock).IsCancellationRequested);
        Assert.Equal(CancelReason.None, _running.Reason);
        _clock.Advance(Limit);
        Assert.Equal(CancelReason.Timeout, _running.Reason);
    }

    [Fact]
    public void End_BeforeTheTimeout_LeavesNoTimerAndNoCancellation()
    {
        CancellationToken token = _running.Begin(Limit, _clock);

        _running.End();
        _running.Cancel(CancelReason.Shutdown);

        Assert.Equal(0, _clock.ArmedTimers);
        Assert.False(token.IsCancellationRequested);
    }
}
