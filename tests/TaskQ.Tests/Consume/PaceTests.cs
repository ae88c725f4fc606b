using System.Collections.Concurrent;
using Xunit;

namespace TaskQ.Tests.Consume;

/// <summary>How many messages a fetch asks for.</summary>
public sealed class PaceTests
{
    private readonly ConcurrentQueue<int> _asked = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_NothingHasEnded_AsksForAMessageForEachWorkerAndEachIdleOne()
    {
        ConsumerRig rig = Rig(options => options.MinWorkers = options.MaxWorkers = 4);

        await rig.Queue.StartAsync(Token);
        await ConsumerRig.UntilAsync(() => !_asked.IsEmpty);

        Assert.InRange(_asked.First(), 4, 8);
        await ConsumerRig.Within(rig.Queue.StopAsync(TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(0.001, 100, 100)]
    [InlineData(0.5, 3, 7)]
    [InlineData(1, 2, 4)]
    [InlineData(60, 1, 2)]
    public async Task Fetch_HandlersTakeTheirTime_AsksForWhatStartsWithinATenthOfALease(double seconds, int least, int most)
    {
        ConsumerRig rig = Rig(static options => options.LeaseDuration = TimeSpan.FromSeconds(30));
        TaskDefinition task = rig.Queue.RegisterTask("t", () => rig.Clock.Advance(TimeSpan.FromSeconds(seconds)));
        rig.Backend.Ready([.. Enumerable.Range(0, 300).Select(_ => ConsumerRig.Deliver(task))]);

        await rig.Queue.StartAsync(Token);
        await ConsumerRig.Within(rig.Backend.SettledAsync(static settled => settled.Count == 300));

        // All of them or, since it asks again when half are gone, half; and one more while the worker is idle.
        Assert.InRange(_asked.Skip(3).Max(), least, most);
        await ConsumerRig.Within(rig.Queue.StopAsync(TimeSpan.FromSeconds(1)));
    }

    private ConsumerRig Rig(Action<QueueOptions> configure)
    {
        var rig = new ConsumerRig(configure);
        rig.Backend.OnExchange = (_, fetch, _) =>
        {
            if (fetch is not null)
            {
                _asked.Enqueue(fetch.Max);
            }

            return null;
        };
        return rig;
    }
}
