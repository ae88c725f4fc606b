using System.Threading.RateLimiting;
using TaskQ.Backend;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class SuspectGateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Suspect_LocalLimiter_TakesAPermit()
    {
        using var permits = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 10 });
        var rig = new ConsumerRig(options => options.RateLimiter = permits);
        long free = -1;
        TaskDefinition task = rig.Queue.RegisterTask("t", () => { free = permits.GetStatistics()!.CurrentAvailablePermits; });
        OfferSuspect(rig, ConsumerRig.Deliver(task), lostReplies: 0);

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await rig.AdvanceUntilAsync(rig.Backend.SettledAsync(settled => settled.Count == 1), Second);

        Assert.Equal(0, free);
        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
        Assert.Equal(1, permits.GetStatistics()!.CurrentAvailablePermits);
    }

    [Fact]
    public async Task Suspect_ReplyOfItsFetchLost_IsAskedForUnderTheSameLease()
    {
        var rig = new ConsumerRig();
        TaskDefinition task = rig.Queue.RegisterTask("t", () => { });
        List<Guid> leases = OfferSuspect(rig, ConsumerRig.Deliver(task), lostReplies: 2);

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await rig.AdvanceUntilAsync(rig.Backend.SettledAsync(settled => settled.Count == 1), Second);

        await ConsumerRig.Within(rig.Queue.StopAsync(Second));
        Assert.Equal(3, leases.Count);
        Assert.Single(leases.Distinct());
    }

    [Fact]
    public async Task Suspect_LongHandlerRuns_QueueIsOpenAtLeastHalfOfTheTime()
    {
        var rig = new ConsumerRig(options => options.MaxWorkers = options.MinWorkers = 2);
        var end = new TaskCompletionSource();
        TaskDefinition task = rig.Queue.RegisterTask("long", () => end.Task);
        rig.Backend.Ready(ConsumerRig.Deliver(task));
        var fetchedIn = new HashSet<long>();
        var step = TimeSpan.FromMilliseconds(250);
        long now = 0;
        rig.Backend.OnExchange = (finished, fetch, token) =>
        {
            if (fetch is null)
            {
                return null;
            }

            lock (fetchedIn)
            {
                fetchedIn.Add(Volatile.Read(ref now));
            }

            return new(ReportSuspectsAsync(rig.Backend.Answer(finished, fetch with { Wait = TimeSpan.Zero }, token).AsTask()));
        };

        await rig.Queue.StartAsync(TestContext.Current.CancellationToken);
        await ConsumerRig.UntilAsync(() => rig.Queue.Consumer.Stats.InFlight == 1);
        const int Steps = 480;
        for (; now < Steps; Volatile.Write(ref now, now + 1))
        {
            // The fetcher waits on the clock whenever it rests: an armed timer beside the beat's says that it does.
            await ConsumerRig.UntilAsync(() => rig.Clock.ArmedTimers > 1);
            rig.Clock.Advance(step);
        }

        lock (fetchedIn)
        {
            Assert.InRange(fetchedIn.Count, Steps / 4, Steps);
        }

        end.SetResult();
        await rig.AdvanceUntilAsync(rig.Queue.StopAsync(Second), Second);
    }

    private static async Task<ExchangeResult> ReportSuspectsAsync(Task<ExchangeResult> answer) =>
        await answer with { SuspectsWaiting = true };

    private static List<Guid> OfferSuspect(ConsumerRig rig, Delivery suspect, int lostReplies)
    {
        var leases = new List<Guid>();
        bool waits = true;
        rig.Backend.OnExchange = (finished, fetch, token) =>
        {
            if (fetch is null || !Volatile.Read(ref waits))
            {
                return null;
            }

            if (!fetch.Suspect)
            {
                return new(new ExchangeResult { SuspectsWaiting = true });
            }

            leases.Add(fetch.Lease.Id);
            if (leases.Count <= lostReplies)
            {
                throw new IOException("reply lost");
            }

            Volatile.Write(ref waits, false);
            suspect.Lease = fetch.Lease;
            fetch.Lease.Deliveries = [suspect];
            return new(new ExchangeResult { Deliveries = [suspect] });
        };
        return leases;
    }
}
