using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Dispatch;

public sealed class DispatcherTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ConsumerRig _rig = new();
    private readonly TaskCompletionSource _never = new();

    [Theory]
    [InlineData(nameof(CancelReason.Shutdown), SettlementKind.Release)]
    [InlineData(nameof(CancelReason.LeaseLost), SettlementKind.Release)]
    [InlineData(nameof(CancelReason.Operator), SettlementKind.Release)]
    [InlineData(nameof(CancelReason.Timeout), SettlementKind.Retry)]
    public async Task RunAsync_HandlerNeverEnds_IsNotCompletedWhyeverItWasCancelled(string reason, SettlementKind expected)
    {
        TaskDefinition task = _rig.Queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Timeout = Limit,
            Handler = () => _never.Task,
        });
        Delivery delivery = ConsumerRig.Deliver(task);
        Task<RunResult> run = NewDispatcher().RunAsync(delivery).AsTask();
        delivery.Track().Cancel(Enum.Parse<CancelReason>(reason));

        _rig.Clock.Advance(Limit + RunningHandler.AbandonGrace);

        RunResult result = await ConsumerRig.Within(run);
        Assert.Equal(expected, result.Settlement.Kind);
    }

    [Fact]
    public async Task RunAsync_FallbackNeverEnds_MessageIsDead()
    {
        TaskDefinition task = _rig.Queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Timeout = Limit,
            RetryLimit = 1,
            Handler = () => Task.FromException(new InvalidOperationException("no")),
            FallbackHandler = () => _never.Task,
        });
        Task<RunResult> run = NewDispatcher().RunAsync(ConsumerRig.Deliver(task)).AsTask();

        _rig.Clock.Advance(Limit);
        _rig.Clock.Advance(RunningHandler.AbandonGrace);

        RunResult result = await ConsumerRig.Within(run);
        Assert.Equal(SettlementKind.Dead, result.Settlement.Kind);
        Assert.Equal(RunStatus.Failed, result.Status);
    }

    [Fact]
    public async Task RunAsync_FallbackAfterATimeout_HasItsOwnTime()
    {
        bool? cancelled = null;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskDefinition task = _rig.Queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            Timeout = Limit,
            RetryLimit = 1,
            Handler = (CancellationToken token) => _never.Task.WaitAsync(token),
            FallbackHandler = async (CancellationToken token) =>
            {
                cancelled = token.IsCancellationRequested;
                started.SetResult();
                await _never.Task.WaitAsync(token);
            },
        });
        Task<RunResult> run = NewDispatcher().RunAsync(ConsumerRig.Deliver(task)).AsTask();

        _rig.Clock.Advance(Limit);
        await ConsumerRig.Within(started.Task);

        Assert.False(cancelled);
        _rig.Clock.Advance(Limit);
        RunResult result = await ConsumerRig.Within(run);
        Assert.Equal(SettlementKind.Dead, result.Settlement.Kind);
    }

    [Fact]
    public void Broken_LastAttempt_IsDead()
    {
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });
        Delivery delivery = ConsumerRig.Deliver(task);
        Dispatcher dispatcher = NewDispatcher();

        delivery.Attempt = TaskDefaults.RetryLimit - 1;
        Assert.Equal(SettlementKind.Retry, dispatcher.Broken(delivery, new IOException()).Settlement.Kind);
        delivery.Attempt = TaskDefaults.RetryLimit;
        Assert.Equal(SettlementKind.Dead, dispatcher.Broken(delivery, new IOException()).Settlement.Kind);
    }

    private Dispatcher NewDispatcher() => new(_rig.Queue, [], NullLogger.Instance);
}
