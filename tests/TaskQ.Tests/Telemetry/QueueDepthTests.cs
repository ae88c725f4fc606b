using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Telemetry;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Telemetry;

public sealed class QueueDepthTests : IDisposable
{
    private readonly TestMeters _meters = new();
    private readonly ConsumerRig _rig;
    private int _counted;

    public QueueDepthTests()
    {
        _rig = new ConsumerRig(options => options.Services = _meters);
        _rig.Backend.OnCount = () => new QueueCounts(Interlocked.Increment(ref _counted), 20, 30, 40);
    }

    [Fact]
    public async Task Observe_WhileTheConsumerRuns_ShowsTheLastCountByState()
    {
        using var measured = Listen();
        await _rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.UntilAsync(() => measured.Observe("taskq.queue.depth").Length > 0);

        Assert.Equal(
            [
                (1, "taskq.message.state=ready"),
                (20, "taskq.message.state=delayed"),
                (30, "taskq.message.state=in_flight"),
                (40, "taskq.message.state=dead"),
            ],
            measured.Observe("taskq.queue.depth"));

        // Thrice within the interval: the store is not asked again.
        Assert.Equal(1, Volatile.Read(ref _counted));
        await _rig.AdvanceUntilAsync(_rig.Queue.StopAsync(TimeSpan.Zero), TimeSpan.FromSeconds(1));
        Assert.Empty(measured.Observe("taskq.queue.depth"));
    }

    [Fact]
    public async Task Refresh_AfterTheInterval_AsksAgain()
    {
        using var measured = Listen();
        QueueDepth depth = _rig.Queue.Metrics.Depth;
        Refresh(depth);
        await ConsumerRig.UntilAsync(() => measured.Observe("taskq.queue.depth").Length > 0);

        _rig.Clock.Advance(QueueDepth.Interval + TimeSpan.FromSeconds(1));
        await ConsumerRig.UntilAsync(() =>
        {
            Refresh(depth);
            return measured.Observe("taskq.queue.depth") is [(2, _), ..];
        });

        Assert.Equal(2, Volatile.Read(ref _counted));
    }

    [Fact]
    public async Task Observe_WhileTheStoreDoesNotAnswer_DoesNotWait()
    {
        using var measured = Listen();
        using var asked = new ManualResetEventSlim();
        using var mayAnswer = new ManualResetEventSlim();
        _rig.Backend.OnCount = () =>
        {
            asked.Set();
            Assert.True(mayAnswer.Wait(TimeSpan.FromSeconds(10)));
            return new QueueCounts(1, 0, 0, 0);
        };

        Refresh(_rig.Queue.Metrics.Depth);
        await ConsumerRig.UntilAsync(() => asked.IsSet);

        Assert.Empty(measured.Observe("taskq.queue.depth"));
        mayAnswer.Set();
        await ConsumerRig.UntilAsync(() => measured.Observe("taskq.queue.depth").Length == 4);
    }

    [Fact]
    public async Task Refresh_StoreFails_ShowsNoOldCount()
    {
        using var measured = Listen();
        QueueDepth depth = _rig.Queue.Metrics.Depth;
        Refresh(depth);
        await ConsumerRig.UntilAsync(() => measured.Observe("taskq.queue.depth").Length == 4);
        _rig.Backend.OnCount = () => throw new InvalidOperationException("away");
        _rig.Clock.Advance(QueueDepth.Interval + TimeSpan.FromSeconds(1));

        await ConsumerRig.UntilAsync(() =>
        {
            Refresh(depth);
            return measured.Observe("taskq.queue.depth").Length == 0;
        });
    }

    [Fact]
    public async Task Run_NobodyListens_NeverAsksTheStore()
    {
        TaskDefinition task = _rig.Queue.RegisterTask("t", () => { });
        _rig.Backend.Ready(ConsumerRig.Deliver(task));
        await _rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.Within(_rig.Backend.SettledAsync(settled => settled.Count == 1));
        await _rig.AdvanceUntilAsync(_rig.Queue.StopAsync(TimeSpan.Zero), TimeSpan.FromSeconds(1));

        Assert.Equal(0, Volatile.Read(ref _counted));
    }

    public void Dispose() => _meters.Dispose();

    private static void Refresh(QueueDepth depth) => depth.Refresh(NullLogger.Instance);

    private Measured Listen() => new(_meters, "scripted");
}
