using TaskQ.Backend;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class ConsumerStopTests
{
    [Fact]
    public async Task StopAsync_TokenCancelled_CutsThePatienceOnly()
    {
        var rig = new ConsumerRig();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Backend.Ready(ConsumerRig.Deliver(rig.Queue.RegisterTask("t", async (CancellationToken cancellationToken) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        })));
        await rig.Queue.StartAsync();
        await ConsumerRig.Within(began.Task);
        using var patience = new CancellationTokenSource();

        Task stop = rig.Queue.StopAsync(TimeSpan.FromHours(1), patience.Token);
        Assert.False(stop.IsCompleted);
        await patience.CancelAsync();
        await ConsumerRig.Within(stop);

        Assert.Equal(SettlementKind.Release, Assert.Single(rig.Backend.Settled).Kind);
        Assert.False(rig.Queue.Consumer.Stats.Running);
    }
}
