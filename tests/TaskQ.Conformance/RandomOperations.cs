using TaskQ.Backend;

namespace TaskQ.Conformance;

/// <summary>R39: random operations of three processes on a store, each compared with a model of what it should hold.</summary>
public abstract class RandomOperations(BackendFixture fixture) : ConformanceTest(fixture)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Operations_AtRandom_LeaveWhatTheModelHolds(int seed)
    {
        Require(Fixture.HasFakeClock, "Leases and delays run out at exact times.");
        var queue = Queue();
        var backend = Backend(queue);
        Require(backend.Capabilities is { ExactCounts: true, Lookup: true, UncountedRelease: true, RenewsLeases: true }, "The store can't do all of it.");
        var task = queue.RegisterTask("t", (int _) => { });
        var random = new Random(seed);
        var model = new StoreModel();
        var held = new List<(Lease Lease, Delivery Delivery)>();

        for (var step = 0; step < 400; step++)
        {
            var what = random.Next(100);
            switch (what)
            {
                case < 22:
                    await AddAsync(random.Next(1, 5));
                    break;
                case < 42:
                    await FetchSomeAsync(suspect: random.Next(4) == 0);
                    break;
                case < 66:
                    await SettleSomeAsync(random.Next(1, 5));
                    break;
                case < 74:
                    await BeatSomeAsync();
                    break;
                case < 78:
                    await CancelOneAsync();
                    break;
                case < 82:
                    await RescheduleOneAsync();
                    break;
                case < 86:
                    await ReviveOneAsync();
                    break;
                case < 87:
                    await backend.PurgeAsync(Token);
                    model.Purge();
                    break;
                default:
                    var by = Ms(100 * random.Next(1, 20));
                    await AdvanceAsync(by, by);
                    break;
            }

            var expected = model.CountAt(Now);
            var counts = await backend.CountAsync(Token);
            Assert.True(expected == counts, $"step {step}, kind {what}: expected {expected}, got {counts}");
        }

        // Due times end on 50 ms and the clock moves by 100 ms, so nothing falls due exactly now.
        TimeSpan Span(int max) => Ms((100 * random.Next(max)) + 50);

        async Task AddAsync(int count)
        {
            var messages = Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? task.WithArgs(1).WithDelay(Span(30)) : task.WithArgs(1)).ToArray();
            await queue.AddRangeAsync(messages, Token);
            foreach (var message in messages)
            {
                model.Add(message.Id, Now + message.Delay);
            }
        }

        async Task FetchSomeAsync(bool suspect)
        {
            var max = random.Next(1, 8);
            var lease = new Lease(Guid.CreateVersion7(), Sec(1) + Span(20));
            var result = await ExchangeAsync(queue, new FetchRequest(lease, max, TimeSpan.Zero, suspect));
            var available = model.Fetchable(Now, suspect);
            Assert.Equal(Math.Min(suspect ? 1 : max, available), result.Deliveries.Count);
            if (!suspect)
            {
                Assert.Equal(model.Fetchable(Now, suspect: true) > 0, result.SuspectsWaiting);
            }

            foreach (var delivery in result.Deliveries)
            {
                Assert.Equal((delivery.Attempt, delivery.Crashes), model.Take(delivery.Id, Now, lease.Id, Now + lease.Duration, suspect));
                held.Add((lease, delivery));
            }
        }

        async Task SettleSomeAsync(int count)
        {
            var settlements = new List<Settlement>();
            var lost = new HashSet<Guid>();
            for (var i = 0; i < count && held.Count > 0; i++)
            {
                var (lease, delivery) = held[random.Next(held.Count)];
                if (settlements.Any(s => s.Delivery.Id == delivery.Id))
                {
                    continue;
                }

                var kind = model.IsCancelled(delivery.Id) ? SettlementKind.Retry : (SettlementKind)random.Next(4);
                var delay = random.Next(2) == 0 ? TimeSpan.Zero : Span(20);
                settlements.Add(new Settlement(delivery, kind, delay, new Death("why", null, null, delivery.Attempt)));
                if (!model.Holds(delivery.Id, lease.Id, Now))
                {
                    lost.Add(delivery.Id);
                    continue;
                }

                switch (kind)
                {
                    case SettlementKind.Complete:
                        model.Remove(delivery.Id);
                        break;
                    case SettlementKind.Dead:
                        model.Bury(delivery.Id);
                        break;
                    default:
                        model.GiveBack(delivery.Id, Now + delay, kind == SettlementKind.Retry);
                        break;
                }

                // Some are settled a second time later, which must change nothing.
                if (random.Next(4) > 0)
                {
                    held.Remove((lease, delivery));
                }
            }

            var result = await backend.ExchangeAsync(settlements, null, Token);
            Assert.Equal(lost.Order(), result.Lost.Select(d => d.Id).Order());
        }

        async Task BeatSomeAsync()
        {
            var leases = held.Select(h => h.Lease).Distinct().Where(_ => random.Next(2) == 0).ToArray();
            var result = await backend.BeatAsync(leases, Token);
            foreach (var (lease, delivery) in held.Where(h => leases.Contains(h.Lease)))
            {
                var holds = model.Holds(delivery.Id, lease.Id, Now);
                Assert.False(holds && result.Lost.Contains(delivery), "a delivery that is held counts as lost");
                Assert.Equal(holds && model.IsCancelled(delivery.Id), result.Cancelled.Contains(delivery));
            }

            foreach (var lease in leases)
            {
                model.Extend(lease.Id, Now, lease.Duration);
            }
        }

        async Task CancelOneAsync()
        {
            if (Pick() is { } id && !model.IsCancelled(id))
            {
                Assert.Equal(model.Cancel(id, Now), await backend.CancelAsync(id, Token));
            }
        }

        async Task RescheduleOneAsync()
        {
            if (Pick() is { } id)
            {
                var due = Now + Span(30) - Sec(1);
                Assert.Equal(model.Reschedule(id, Now, due), await backend.RescheduleAsync(id, due, Token));
            }
        }

        async Task ReviveOneAsync()
        {
            if (Pick() is { } id)
            {
                Assert.Equal(model.Revive(id, Now), await backend.RequeueDeadAsync(id, Token));
            }
        }

        Guid? Pick()
        {
            var ids = model.Ids.ToArray();
            return ids.Length == 0 ? null : ids[random.Next(ids.Length)];
        }
    }
}
