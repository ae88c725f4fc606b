using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>Looking for a message in several calls, among more leases and more ready messages than one call looks through.</summary>
public sealed class LookTests(RedisServer server) : IAsyncLifetime
{
    private const int Leases = 600;

    /// <summary>A call looks through 25,000 at once.</summary>
    private const int Ready = 60_000;

    private readonly RedisQueueFactory _factory = new(server.Configuration);
    private TaskQueue _queue = null!;
    private IDatabase _admin = null!;
    private Lease[] _leases = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _queue = Probe.Queue(_factory);
        _admin = await Probe.AdminAsync(server);
        await Store.AddAsync(_queue, Leases + Ready);
        _leases = await Store.FetchEachAsync(_queue, Leases);
    }

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    [Fact]
    public async Task Operators_MessagesAnywhere_FindEach()
    {
        var ready = await _queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, Ready, Token);
        foreach (var id in new[] { 0, 24_999, 25_000, 29_999, 30_000, 34_999, 35_000, 59_999 }.Select(at => ready[at].Id))
        {
            var look = new Look(this, id);
            Assert.Equal("R", await look.EndAsync());
            Assert.Equal(1, look.Number);
            Assert.Equal(MessageState.Ready, (await _queue.Backend.GetAsync(id, Token))!.State);
        }

        foreach (var id in new[] { 0, 300, 392, 393, 394, 599 }.Select(at => _leases[at].Deliveries[0].Id))
        {
            var look = new Look(this, id);
            Assert.Equal("F", await look.EndAsync());
            Assert.InRange(look.Calls, 1, 2);
            Assert.Equal(MessageState.InFlight, (await _queue.Backend.GetAsync(id, Token))!.State);
            Assert.False(await _queue.Backend.RescheduleAsync(id, TimeProvider.System.GetUtcNow().AddHours(1), Token));
        }

        Assert.True(await _queue.Backend.RescheduleAsync(ready[32_000].Id, TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.True(await _queue.Backend.CancelAsync(ready[31_000].Id, Token));
        Assert.True(await _queue.Backend.CancelAsync(_leases[300].Deliveries[0].Id, Token));
        Assert.Null(await _queue.Backend.GetAsync(ready[31_000].Id, Token));
        Assert.Equal(new QueueCounts(Ready - 2, 1, Leases, 0), await _queue.CountAsync(Token));
        (await KeyAudit.ReadAsync(_admin, _queue.Name)).AssertConsistent();
    }

    [Fact]
    public async Task Operators_LeasesTakeLongerThanTheReady_LookThroughTheReadyFirst()
    {
        var more = await Store.FetchEachAsync(_queue, 700);
        for (var n = 0; n < 48; n++)
        {
            await Store.FetchAsync(_queue, 500);
        }

        var ready = await _queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, Ready, Token);
        var look = await Look.StartAsync(this, ready[0].Id);
        Assert.Equal('r', look.Place);
        Assert.Equal("R", await look.EndAsync());
        Assert.Equal(2, look.Calls);
        look = await Look.StartAsync(this, more[^1].Deliveries[0].Id);
        Assert.Equal('r', look.Place);
        Assert.Equal("F", await look.EndAsync());
    }

    [Fact]
    public async Task Get_GivenBackBetweenTwoCalls_IsFoundAmongTheReady()
    {
        var look = await Look.StartAsync(this, _leases[^1].Deliveries[0].Id);
        Assert.Equal('l', look.Place);

        await Store.SettleAsync(_queue, SettlementKind.Release, _leases[^1]);

        Assert.Equal("R", await look.EndAsync());
    }

    [Fact]
    public async Task Get_FetchedBetweenTwoCalls_IsFoundInItsLease()
    {
        var next = (await _queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, 1, Token))[0].Id;
        var look = await Look.StartAsync(this, next);
        while (look.Place == 'l')
        {
            await look.GoOnAsync();
        }

        Assert.Equal(next, (await Store.FetchAsync(_queue, 1)).Deliveries[0].Id);

        Assert.Equal("F", await look.EndAsync());
    }

    [Fact]
    public async Task Get_LeasesExtendedOrEndedBetweenTwoCalls_PassesNoneOver()
    {
        var look = await Look.StartAsync(this, _leases[^1].Deliveries[0].Id);

        // Where the next call goes on is a lease that is gone, or that ends later than all others by now.
        await _queue.Backend.BeatAsync(_leases[..450], Token);
        await Store.SettleAsync(_queue, SettlementKind.Complete, _leases[..450]);

        Assert.Equal("F", await look.EndAsync());
        Assert.InRange(look.Calls, 2, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_MovesAwayBeforeEachCall_IsFoundByTheLastOne(bool endsInFlight)
    {
        var lease = _leases[^1];
        var id = lease.Deliveries[0].Id;
        var look = await Look.StartAsync(this, id);
        var isHeld = true;
        for (var isLast = false; look.IsOpen && !isLast; isLast = look.Number > 3)
        {
            await MoveAsync(look.Number > 3 ? endsInFlight : look.Place != 'l');
            await look.GoOnAsync();
        }

        await MoveAsync(endsInFlight);
        Assert.Equal(endsInFlight ? "F" : "R", await look.EndAsync());
        Assert.InRange(look.Calls, 12, 20);

        async Task MoveAsync(bool toLease)
        {
            if (toLease == isHeld)
            {
                return;
            }

            if (toLease)
            {
                // What is given back is the next to come.
                lease = await Store.FetchAsync(_queue, 1);
                Assert.Equal(id, lease.Deliveries[0].Id);
            }
            else
            {
                await Store.SettleAsync(_queue, SettlementKind.Release, lease);
            }

            isHeld = toLease;
        }
    }

    [Fact]
    public async Task Reschedule_OverAndOver_LeavesOneEntryThatCounts()
    {
        var waiting = (await _queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, 3, Token))[2].Id;
        for (var n = 0; n < 5; n++)
        {
            Assert.True(await _queue.Backend.RescheduleAsync(waiting, TimeProvider.System.GetUtcNow().AddHours(1), Token));
            Assert.True(await _queue.Backend.RescheduleAsync(waiting, TimeProvider.System.GetUtcNow(), Token));
            Assert.Equal(new QueueCounts(Ready, 0, Leases, 0), await _queue.CountAsync(Token));
        }

        (await KeyAudit.ReadAsync(_admin, _queue.Name)).AssertConsistent();
        Assert.True(await _queue.Backend.CancelAsync(waiting, Token));
        Assert.Equal(new QueueCounts(Ready - 1, 0, Leases, 0), await _queue.CountAsync(Token));
        var fetched = 0;
        while (fetched < Ready - 1)
        {
            var lease = await Store.FetchAsync(_queue, 500);
            fetched += lease.Deliveries.Count;
            Assert.DoesNotContain(lease.Deliveries, delivery => delivery.Id == waiting);
        }

        await Store.FetchAsync(_queue, 1);
        Assert.Equal(new QueueCounts(0, 0, Leases + Ready - 1, 0), await _queue.CountAsync(Token));
        (await KeyAudit.ReadAsync(_admin, _queue.Name)).AssertConsistent();
        Assert.False(await _admin.KeyExistsAsync("tq:{" + _queue.Name + "}:o"));
    }

    /// <summary>A look call by call.</summary>
    private sealed class Look(LookTests test, Guid id)
    {
        private byte[] _from = [];
        private string? _state;

        public int Calls { get; private set; }

        public bool IsOpen => _state is null;

        /// <summary>How many times everything has been looked through with this one: where to look on is packed as a list of this number, the place, and more.</summary>
        public int Number => _from[1];

        /// <summary>Where the next call looks: leases, the ready, suspects.</summary>
        public char Place => (char)_from[3];

        public static async Task<Look> StartAsync(LookTests test, Guid id)
        {
            var look = new Look(test, id);
            await look.GoOnAsync();
            Assert.True(look.IsOpen, "one call was enough");
            return look;
        }

        public async Task GoOnAsync()
        {
            Calls++;
            var reply = (RedisResult[])(await test._admin.ScriptEvaluateAsync(
                QueueScripts.Get.Text,
                ["tq:{" + test._queue.Name + "}:j"],
                ["", 1_000_000_000L, 1000, "G", IdBytes.Of(id), _from]))!;
            if ((int)reply[1] < 0)
            {
                _from = (byte[])reply[2]!;
            }
            else
            {
                _state = (string)reply[3]!;
            }
        }

        public async Task<string> EndAsync()
        {
            while (IsOpen)
            {
                await GoOnAsync();
            }

            return _state!;
        }
    }
}
