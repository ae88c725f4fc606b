using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Finish;
using TaskQ.Tests.Consume;
using Xunit;

namespace TaskQ.Tests.Finish;

public sealed class SettlerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ConsumerRig _rig = new();
    private readonly LeaseTable _leases = new();
    private readonly Settler _settler;
    private readonly TaskDefinition _task;

    public SettlerTests()
    {
        _task = _rig.Queue.RegisterTask("t", () => { });
        _settler = new Settler(_rig.Queue, _leases, NullLogger.Instance);
    }

    [Fact]
    public void Add_NoFetchComes_IsSentAtOnce()
    {
        _settler.Add(Finished(2));

        Assert.Equal(2, _rig.Backend.Settled.Count);
        Assert.Equal(0, _leases.Held);
    }

    [Fact]
    public void Add_FetchComesButTheStoreSettlesApart_IsSentAtOnce()
    {
        _rig.Backend.Capabilities = _rig.Backend.Capabilities with { SettlesWithFetch = false };
        var settler = new Settler(_rig.Queue, _leases, NullLogger.Instance);
        settler.BeginCarry();

        settler.Add(Finished(2));

        Assert.Equal(2, _rig.Backend.Settled.Count);
        Assert.Empty(settler.Take());
    }

    [Fact]
    public async Task Add_StoreSettlesApartAndWaits_NextOneDoesNotWaitForIt()
    {
        _rig.Backend.Capabilities = _rig.Backend.Capabilities with { SettlesWithFetch = false };
        var settler = new Settler(_rig.Queue, _leases, NullLogger.Instance);
        var gate = new TaskCompletionSource<ExchangeResult>();
        int batches = 0;
        _rig.Backend.OnExchange = (_, _, _) => ++batches == 1 ? new ValueTask<ExchangeResult>(gate.Task) : null;

        settler.Add(Finished(1));
        settler.Add(Finished(2));

        Assert.Equal(2, batches);
        Assert.Equal(1, _leases.Held);
        Assert.False(settler.DrainAsync().IsCompleted);
        gate.SetResult(ExchangeResult.Empty);
        await ConsumerRig.Within(settler.DrainAsync());
        Assert.Equal(0, _leases.Held);
    }

    [Fact]
    public async Task Add_StoreSettlesApartAndNeverTakesOne_TheOthersAre()
    {
        _rig.Backend.Capabilities = _rig.Backend.Capabilities with { SettlesWithFetch = false };
        var settler = new Settler(_rig.Queue, _leases, NullLogger.Instance);
        List<Settlement> finished = Finished(33);
        Delivery poison = finished[7].Delivery;
        _rig.Backend.OnExchange = (batch, _, _) =>
            batch.Any(one => one.Delivery == poison) ? throw new InvalidOperationException("not this one") : null;

        for (int i = 0; i < 33; i += 3)
        {
            settler.Add(finished[i..(i + 3)]);
        }

        await _rig.AdvanceUntilAsync(_rig.Backend.SettledAsync(settled => settled.Count == 32), Second);
        Assert.Equal(1, _leases.Held);
    }

    [Fact]
    public void Add_FetchComes_WaitsForIt()
    {
        List<Settlement> finished = Finished(2);
        _settler.BeginCarry();
        _settler.Add(finished);
        Assert.Empty(_rig.Backend.Settled);

        List<Settlement> carried = _settler.Take();

        Assert.Equal(finished, carried);
        Assert.Equal(2, _leases.Held);
        _settler.Confirm(carried, []);
        Assert.Equal(0, _leases.Held);
    }

    [Fact]
    public void EndCarry_FetchTookNothing_SendsWhatIsFinished()
    {
        _settler.BeginCarry();
        _settler.BeginCarry();
        _settler.Add(Finished(1));

        _settler.EndCarry();
        Assert.Empty(_rig.Backend.Settled);
        _settler.EndCarry();

        Assert.Single(_rig.Backend.Settled);
    }

    [Fact]
    public void Return_FetchFailed_IsSentAgain()
    {
        _settler.BeginCarry();
        _settler.Add(Finished(1));

        _settler.Return(_settler.Take());
        _settler.EndCarry();

        Assert.Single(_rig.Backend.Settled);
        Assert.Equal(0, _leases.Held);
    }

    [Fact]
    public async Task Add_StoreFailsAgainAndAgain_EverySettlementArrivesOnce()
    {
        int failures = 12;
        _rig.Backend.OnExchange = (_, _, _) => failures-- > 0 ? throw new IOException("no store") : null;

        List<Settlement> finished = Finished(10);
        _settler.Add(finished);
        await _rig.AdvanceUntilAsync(_settler.DrainAsync(), Second);

        Assert.Equal(
            finished.Select(one => one.Delivery.Id).Order(), _rig.Backend.Settled.Select(one => one.Delivery.Id).Order());
        Assert.Equal(0, _leases.Held);
    }

    [Fact]
    public async Task Add_OneSettlementIsNeverTaken_TheOthersAre()
    {
        List<Settlement> finished = Finished(33);
        Delivery poison = finished[7].Delivery;
        _rig.Backend.OnExchange = (batch, _, _) =>
            batch.Any(one => one.Delivery == poison) ? throw new InvalidOperationException("not this one") : null;

        _settler.Add(finished);
        await _rig.AdvanceUntilAsync(_rig.Backend.SettledAsync(settled => settled.Count == 32), Second);

        Assert.Equal(1, _leases.Held);
    }

    [Fact]
    public void Take_StoreRefusedTheLastBatch_FetchGoesWithoutIt()
    {
        _rig.Backend.OnExchange = (_, _, _) => throw new IOException("no store");
        _settler.Add(Finished(3));

        Assert.Empty(_settler.Take());
        Assert.Equal(3, _settler.Pending);
    }

    [Fact]
    public async Task FlushWithoutCarrier_FetchHangs_SendsWhatIsFinished()
    {
        _settler.BeginCarry();
        _settler.Add(Finished(1));

        _settler.FlushWithoutCarrier();

        await ConsumerRig.Within(_settler.DrainAsync());
        Assert.Single(_rig.Backend.Settled);
    }

    [Fact]
    public async Task GiveUpWithLeases_StoreFailsForEver_EndsWhenTheLeasesHaveRunOut()
    {
        int tries = 0;
        _rig.Backend.OnExchange = (_, _, _) =>
        {
            tries++;
            throw new ObjectDisposedException("store");
        };
        _settler.Add(Finished(1));
        _settler.GiveUpWithLeases();

        await _rig.AdvanceUntilAsync(_settler.DrainAsync(), Second);

        Assert.InRange(tries, 2, 1000);
        Assert.Equal(0, _rig.Clock.ArmedTimers);
    }

    private List<Settlement> Finished(int count)
    {
        var finished = new List<Settlement>();
        for (int i = 0; i < count; i++)
        {
            Delivery delivery = ConsumerRig.Deliver(_task);
            delivery.Lease = new Lease(Guid.NewGuid(), Second) { Deliveries = [delivery] };
            _leases.Add(delivery.Lease, 1);
            finished.Add(new Settlement(delivery, SettlementKind.Complete));
        }

        return finished;
    }
}
