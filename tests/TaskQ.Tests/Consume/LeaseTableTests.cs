using TaskQ.Backend;
using TaskQ.Consume;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class LeaseTableTests
{
    private readonly LeaseTable _table = new();

    [Fact]
    public void Settle_PartOfALease_KeepsItUntilTheLast()
    {
        (Lease lease, Settlement[] settlements) = Hold(3);

        _table.Settle(settlements[..2]);
        Assert.Equal(1, _table.Held);
        Assert.Same(lease, Assert.Single(_table.Snapshot()));
        _table.Settle(settlements[2..]);

        Assert.Equal(0, _table.Held);
        Assert.Empty(_table.Snapshot());
    }

    [Fact]
    public async Task WaitUntilEmptyAsync_SeveralLeases_EndsWithTheLast()
    {
        Settlement[] first = Hold(1).Settlements;
        Settlement[] second = Hold(1).Settlements;
        Task empty = _table.WaitUntilEmptyAsync(CancellationToken.None);

        _table.Settle(first);
        Assert.False(empty.IsCompleted);
        _table.Settle(second);

        await ConsumerRig.Within(empty);
    }

    [Fact]
    public async Task WaitUntilEmptyAsync_Cancelled_Throws()
    {
        Hold(1);
        using var source = new CancellationTokenSource();
        Task empty = _table.WaitUntilEmptyAsync(source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ConsumerRig.Within(empty));
    }

    [Fact]
    public async Task WaitForProgressAsync_Settled_EndsForEveryWaiter()
    {
        Settlement[] settlements = Hold(2).Settlements;
        Task first = _table.WaitForProgressAsync();
        Task second = _table.WaitForProgressAsync();

        _table.Settle(settlements[..1]);

        await ConsumerRig.Within(Task.WhenAll(first, second));
        Assert.False(_table.WaitForProgressAsync().IsCompleted);
    }

    private (Lease Lease, Settlement[] Settlements) Hold(int count)
    {
        var lease = new Lease(Guid.NewGuid(), TimeSpan.FromSeconds(30));
        lease.Deliveries = [.. Enumerable.Range(0, count).Select(_ => new Delivery(Guid.NewGuid(), new MessageBody([1])) { Lease = lease })];
        _table.Add(lease, count);
        return (lease, [.. lease.Deliveries.Select(delivery => new Settlement(delivery, SettlementKind.Complete))]);
    }
}
