using TaskQ.Backend;
using TaskQ.Sql.Outbox;

namespace TaskQ.Sql.Tests.Outbox;

public sealed class OutboxPassTests
{
    private readonly List<int> _calls = [];
    private readonly Delivery[] _deliveries = [.. Enumerable.Range(0, 10).Select(static _ => new Delivery(Guid.NewGuid(), new MessageBody([])))];

    [Fact]
    public async Task RunAsync_QueueIsThere_BatchesAreAdded()
    {
        var pass = await RunAsync(static _ => null, batchSize: 4);

        Assert.Equal([4, 4, 2], _calls);
        Assert.Equal(_deliveries, pass.Added);
        Assert.Null(pass.Outage);
    }

    [Fact]
    public async Task RunAsync_QueueIsAway_StopsAfterTwoSinglesAndRefusesNone()
    {
        var pass = await RunAsync(static _ => new TimeoutException("away"), batchSize: 10);

        Assert.Equal([10, 1, 1], _calls);
        Assert.IsType<TimeoutException>(pass.Outage);
        Assert.Equal(_deliveries[..2], pass.Failed);
        Assert.Equal(_deliveries[2..], pass.Untried);
        Assert.Empty(pass.Refused);
    }

    [Fact]
    public async Task RunAsync_OneFailsAndTheNextIsAdded_TheOneIsRefused()
    {
        var pass = await RunAsync(part => part.Contains(_deliveries[4]) ? new IOException("no") : null, batchSize: 10);

        Assert.Null(pass.Outage);
        Assert.Equal(_deliveries[4], Assert.Single(pass.Refused).Delivery);
        Assert.Equal(9, pass.Added.Count);
        Assert.Empty(pass.Untried);
    }

    [Fact]
    public async Task RunAsync_TheLastFails_NobodyKnowsWhy()
    {
        var pass = await RunAsync(part => part.Contains(_deliveries[9]) ? new IOException("no") : null, batchSize: 10);

        Assert.Equal([_deliveries[9]], pass.Failed);
        Assert.IsType<IOException>(pass.Outage);
        Assert.Empty(pass.Refused);
    }

    [Fact]
    public async Task RunAsync_AllAreTooLarge_AllAreRefused()
    {
        var pass = await RunAsync(static _ => new PayloadException("too large"), batchSize: 5);

        Assert.Equal(_deliveries, pass.Refused.Select(static refused => refused.Delivery));
        Assert.Null(pass.Outage);
    }

    [Fact]
    public async Task RunAsync_Over_TriesNoMore()
    {
        var pass = await RunAsync(static _ => new TimeoutException("away"), batchSize: 5, () => _calls.Count > 0);

        Assert.Equal([5], _calls);
        Assert.Equal(_deliveries, pass.Untried);
        Assert.Null(pass.Outage);
    }

    private async Task<OutboxPass> RunAsync(Func<Delivery[], Exception?> add, int batchSize, Func<bool>? isOver = null)
    {
        var pass = new OutboxPass(
            _deliveries,
            part =>
            {
                _calls.Add(part.Length);
                return Task.FromResult(add(part));
            },
            isOver ?? (static () => false));
        await pass.RunAsync(batchSize);
        return pass;
    }
}
