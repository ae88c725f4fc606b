using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Dispatch;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class HeartbeatTests
{
    private readonly ConsumerRig _rig = new();
    private readonly LeaseTable _leases = new();
    private readonly Delivery _delivery;

    public HeartbeatTests()
    {
        _delivery = ConsumerRig.Deliver(_rig.Queue.RegisterTask("t", () => { }));
        var lease = new Lease(Guid.NewGuid(), TimeSpan.FromSeconds(30)) { Deliveries = [_delivery] };
        _delivery.Lease = lease;
        _leases.Add(lease, 1);
    }

    [Fact]
    public void Beat_NothingHeld_SendsNothing()
    {
        int beats = 0;
        _rig.Backend.OnBeat = (_, _) =>
        {
            beats++;
            return new(BeatResult.AllHeld);
        };
        _leases.Settle([new Settlement(_delivery, SettlementKind.Complete)]);

        NewHeartbeat().Beat();

        Assert.Equal(0, beats);
    }

    [Fact]
    public void Beat_OneIsNotAnswered_TheNextGoesOutAllTheSame()
    {
        int beats = 0;
        _rig.Backend.OnBeat = (_, _) =>
        {
            beats++;
            return new(new TaskCompletionSource<BeatResult>().Task);
        };
        Heartbeat heartbeat = NewHeartbeat();

        heartbeat.Beat();
        heartbeat.Beat();

        Assert.Equal(2, beats);
    }

    [Fact]
    public async Task Beat_NotAnsweredForAsLongAsALease_IsCancelled()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rig.Backend.OnBeat = (_, token) =>
        {
            token.Register(cancelled.SetResult);
            return new(new TaskCompletionSource<BeatResult>().Task);
        };

        NewHeartbeat().Beat();
        _rig.Clock.Advance(_rig.Queue.Options.LeaseDuration);

        await ConsumerRig.Within(cancelled.Task);
    }

    [Fact]
    public void Beat_StoreFails_TheNextGoesOut()
    {
        int beats = 0;
        _rig.Backend.OnBeat = (_, _) => ++beats == 1 ? throw new IOException() : new(BeatResult.AllHeld);
        Heartbeat heartbeat = NewHeartbeat();

        heartbeat.Beat();
        heartbeat.Beat();

        Assert.Equal(2, beats);
    }

    [Fact]
    public void Beat_LostAndCancelled_CancelTheRun()
    {
        _rig.Backend.OnBeat = (_, _) => new(new BeatResult { Lost = [_delivery] });

        NewHeartbeat().Beat();

        Assert.Equal(CancelReason.LeaseLost, _delivery.Running!.Reason);
    }

    private Heartbeat NewHeartbeat() => new(_rig.Queue, _leases, NullLogger.Instance);
}
