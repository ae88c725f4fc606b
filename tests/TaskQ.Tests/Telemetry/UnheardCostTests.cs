using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Telemetry;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Telemetry;

/// <summary>What metrics cost while nobody listens: nothing.</summary>
public sealed class UnheardCostTests : IDisposable
{
    private const int Rounds = 1000;

    // A host of its own: what other tests listen to is not its meter.
    private readonly TestMeters _meters = new();
    private readonly ConsumerRig _rig;

    public UnheardCostTests() => _rig = new ConsumerRig(options => options.Services = _meters);

    [Fact]
    public void Metrics_NobodyListens_AllocateNothing()
    {
        QueueMetrics metrics = _rig.Queue.Metrics;
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });
        TaskMessage message = task.WithArgs();
        message.Attempt = 1;
        var error = new InvalidOperationException("no");
        AddResult[] results = [default, default];

        Assert.Equal(0, Measure(() =>
        {
            Assert.False(metrics.WatchesAdds);
            metrics.EndCall(metrics.StartCall(), ClientCall.Fetch, error);
            metrics.OnSent(1, 1, null);
            metrics.OnSent(results);
            metrics.OnConsumed(7);
            metrics.EndRun(metrics.StartRun(task, message), task, typeof(FormatException));
            metrics.OnRetry(task, error);
            metrics.OnFallback(task, error);
            metrics.OnDead(task, DeadReason.Crashed, error);
            metrics.EndLimiterWait(metrics.StartLimiterWait());
            metrics.Depth.Refresh(NullLogger.Instance);
        }));
    }

    [Fact]
    public void Dispatch_NobodyListens_AllocatesNothing()
    {
        int runs = 0;
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { runs++; });
        var dispatcher = new Dispatcher(_rig.Queue, [], NullLogger.Instance);
        Delivery delivery = ConsumerRig.Deliver(task);

        Assert.Equal(0, Measure(() => Run(dispatcher, delivery)));
        Assert.Equal(2 * Rounds, runs);
    }

    [Fact]
    public void Dispatch_SomebodyListens_IsMeasured()
    {
        // Or the two above would prove nothing.
        using var measured = new Measured(_meters, "scripted");
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });
        var dispatcher = new Dispatcher(_rig.Queue, [], NullLogger.Instance);
        Delivery delivery = ConsumerRig.Deliver(task);

        Run(dispatcher, delivery);

        Assert.Single(measured.Of("messaging.process.duration"));
        Assert.True(_rig.Queue.Metrics.WatchesAdds);
    }

    public void Dispose() => _meters.Dispose();

    private static void Run(Dispatcher dispatcher, Delivery delivery)
    {
        ValueTask<RunResult> run = dispatcher.RunAsync(delivery);
        Assert.True(run.IsCompletedSuccessfully);
    }

    private static long Measure(Action action)
    {
        Repeat(action);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(action);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Repeat(Action action)
    {
        for (int i = 0; i < Rounds; i++)
        {
            action();
        }
    }
}
