using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Faults.Audit;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Three virtual workers on one queue, whose replies may be lost and who may die, beside a model of the store.</summary>
internal sealed class RandomWorld(Random random, FrozenClock clock, IQueueBackend[] workers, IDatabase admin, string queue)
{
    private readonly StoreModel _model = new();
    private readonly List<(int Worker, Lease Lease, Delivery Delivery)> _held = [];
    private NameModel? _names;

    /// <summary>How many replies were lost, leases forgotten and names found taken.</summary>
    public (int LostReplies, int ForgottenLeases, int Duplicates, int Refused) Faults { get; private set; }

    private NameModel Names => _names ??= new NameModel(_model);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => clock.Now;

    /// <summary>One operation, chosen at random; then compares the counts with the model, and the keys with the invariants.</summary>
    public async Task StepAsync(string when, bool withKeys)
    {
        var what = "";
        try
        {
            what = await OperateAsync();
        }
        catch (Xunit.Sdk.XunitException error)
        {
            Assert.Fail($"{when}: {error.Message}");
        }

        var expected = _model.CountAt(Now);
        var counts = await workers[random.Next(workers.Length)].CountAsync(Token);
        Assert.True(expected == counts, $"{when}, {what}: expected {expected}, got {counts}");
        if (withKeys)
        {
            (await KeyAudit.ReadAsync(admin, queue)).AssertConsistent($"{when}, {what}");
        }
    }

    /// <summary>Does one operation, chosen at random, and returns its name.</summary>
    private async Task<string> OperateAsync()
    {
        var worker = random.Next(workers.Length);
        switch (random.Next(100))
        {
            case < 20: await AddAsync(worker); return "add";
            case < 60: await ExchangeAsync(worker); return "exchange";
            case < 68: await BeatAsync(worker); return "beat";
            case < 73: await CancelAsync(worker); return "cancel";
            case < 77: await RescheduleAsync(worker); return "reschedule";
            case < 81: await ReviveAsync(worker); return "revive";
            case < 84: _held.RemoveAll(h => h.Worker == worker); return "kill";
            case < 85:
                await workers[worker].PurgeAsync(Token);
                _model.Purge();
                return "purge";
            default: clock.Now += TimeSpan.FromMilliseconds(100 * random.Next(1, 20)); return "advance";
        }
    }

    /// <summary>Runs everything that is there, and returns how many messages ran.</summary>
    public async Task<int> DrainAsync()
    {
        clock.Now += TimeSpan.FromHours(1);
        var ran = 0;
        for (var suspect = false; ;)
        {
            var lease = new Lease(NewId(), TimeSpan.FromMinutes(1));
            var result = await workers[0].ExchangeAsync([], new FetchRequest(lease, 50, TimeSpan.Zero, suspect), Token);
            ran += result.Deliveries.Count;
            var completed = result.Deliveries.Select(d => new Settlement(d, SettlementKind.Complete)).ToArray();
            Assert.Empty((await workers[0].ExchangeAsync(completed, null, Token)).Lost);
            if (result.Deliveries.Count == 0)
            {
                if (!result.SuspectsWaiting)
                {
                    return ran;
                }

                suspect = true;
            }
        }
    }

    /// <summary>How many messages should be there, dead ones left aside.</summary>
    public long Waiting()
    {
        var counts = _model.CountAt(Now);
        return counts.Ready + counts.Delayed + counts.InFlight;
    }

    // Due times end on 50 ms and the clock moves by 100 ms, so nothing falls due exactly now.
    private TimeSpan Span(int max) => TimeSpan.FromMilliseconds((100 * random.Next(max)) + 50);

    private async Task AddAsync(int worker)
    {
        var messages = Enumerable.Range(0, random.Next(1, 5)).Select(_ => NewMessage()).ToArray();
        if (random.Next(5) == 0)
        {
            // The reply is lost, and the messages are added again, perhaps by another call than before.
            await workers[worker].AddRangeAsync(messages, Token);
            Faults = Faults with { LostReplies = Faults.LostReplies + 1 };
            messages = [.. messages.Select(m => m with { IsRepeated = true })];
        }

        var results = messages.Length == 1 && random.Next(2) == 0
            ? [await workers[worker].AddAsync(messages[0], Token)]
            : await workers[worker].AddRangeAsync(messages, Token);
        for (var i = 0; i < messages.Length; i++)
        {
            var message = messages[i];
            if (message.Name is { } name)
            {
                if (Names.HolderOf(name.Key, Now) is { } holder)
                {
                    Assert.Equal(new AddResult(holder, AddStatus.Duplicate), results[i]);
                    Faults = Faults with { Duplicates = Faults.Duplicates + 1 };
                    continue;
                }

                Names.Take(name, message.Id, Now);
            }

            Assert.Equal(new AddResult(message.Id, AddStatus.Added), results[i]);
            _model.Add(message.Id, Now + message.Delay);
        }
    }

    /// <summary>From the seed, so that a run can be repeated.</summary>
    private Guid NewId()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    private NewMessage NewMessage()
    {
        var delay = random.Next(3) == 0 ? Span(30) : TimeSpan.Zero;
        MessageName? name = random.Next(6) switch
        {
            0 => new MessageName((UInt128)random.Next(5), TimeSpan.FromDays(1), UntilFinished: true, DedupeMode.KeepFirst),
            1 => new MessageName((UInt128)(10 + random.Next(5)), TimeSpan.FromSeconds(2) + Span(20), UntilFinished: false, DedupeMode.KeepFirst),
            _ => null,
        };
        return new NewMessage(NewId(), new MessageBody(new byte[] { 1, 2, 3 }), "t", Now, delay, null, name);
    }

    /// <summary>Settles some, also what is lost by now, and fetches some, in one call whose reply may be lost.</summary>
    private async Task ExchangeAsync(int worker)
    {
        var (settlements, lost) = Settle(worker, random.Next(5));
        var suspect = random.Next(4) == 0;
        var lease = new Lease(NewId(), TimeSpan.FromSeconds(1) + Span(20));
        var fetch = random.Next(3) == 0 ? null : new FetchRequest(lease, random.Next(1, 8), TimeSpan.Zero, suspect);
        if (fetch is null && settlements.Count == 0)
        {
            return;
        }

        var result = await workers[worker].ExchangeAsync(settlements, fetch, Token);
        Assert.Equal(lost.Order(), result.Lost.Select(d => d.Id).Order());
        Faults = Faults with { Refused = Faults.Refused + lost.Count };
        var available = fetch is null ? 0 : _model.Fetchable(Now, suspect);
        var expected = fetch is null ? 0 : Math.Min(suspect ? 1 : fetch.Max, available);
        Assert.Equal(expected, result.Deliveries.Count);
        var fate = random.Next(6);
        if (fate == 0)
        {
            // Asked again: what it settled is refused now, what it reserved is returned once more.
            var again = await workers[worker].ExchangeAsync(
                settlements, fetch is null ? null : fetch with { Lease = new Lease(lease.Id, lease.Duration) }, Token);
            Assert.Equal(settlements.Select(s => s.Delivery.Id).Order(), again.Lost.Select(d => d.Id).Order());
            Assert.Equal(result.Deliveries.Select(d => d.Id).Order(), again.Deliveries.Select(d => d.Id).Order());
            Faults = Faults with { LostReplies = Faults.LostReplies + 1 };
            result = again;
        }

        foreach (var delivery in result.Deliveries)
        {
            Assert.Equal((delivery.Attempt, delivery.Crashes), _model.Take(delivery.Id, Now, lease.Id, Now + lease.Duration, suspect));
            if (fate != 1)
            {
                _held.Add((worker, delivery.Lease!, delivery));
            }
        }

        // Of the reply that never came nobody knows: the lease runs out.
        Faults = fate == 1 && result.Deliveries.Count > 0 ? Faults with { ForgottenLeases = Faults.ForgottenLeases + 1 } : Faults;
    }

    private (List<Settlement> Settlements, List<Guid> Lost) Settle(int worker, int count)
    {
        var settlements = new List<Settlement>();
        var lost = new List<Guid>();
        var own = _held.Where(h => h.Worker == worker).ToList();
        for (var i = 0; i < count && own.Count > 0; i++)
        {
            var held = own[random.Next(own.Count)];
            var delivery = held.Delivery;
            if (settlements.Exists(s => s.Delivery.Id == delivery.Id))
            {
                continue;
            }

            var kind = _model.IsCancelled(delivery.Id) ? SettlementKind.Retry : (SettlementKind)random.Next(4);
            var delay = random.Next(2) == 0 ? TimeSpan.Zero : Span(20);
            settlements.Add(new Settlement(delivery, kind, delay, new Death("why", null, null, delivery.Attempt)));

            // Some are settled a second time later, which must change nothing.
            if (random.Next(4) > 0)
            {
                _held.Remove(held);
            }

            if (!_model.Holds(delivery.Id, held.Lease.Id, Now))
            {
                lost.Add(delivery.Id);
            }
            else if (kind == SettlementKind.Complete)
            {
                _model.Remove(delivery.Id);
            }
            else if (kind == SettlementKind.Dead)
            {
                _model.Bury(delivery.Id);
                Names.Bury(delivery.Id);
            }
            else
            {
                _model.GiveBack(delivery.Id, Now + delay, kind == SettlementKind.Retry);
            }
        }

        return (settlements, lost);
    }

    private async Task BeatAsync(int worker)
    {
        var leases = _held.Where(h => h.Worker == worker).Select(h => h.Lease).Distinct().Where(_ => random.Next(3) > 0).ToArray();
        var result = await workers[worker].BeatAsync(leases, Token);
        foreach (var (_, lease, delivery) in _held.Where(h => leases.Contains(h.Lease)))
        {
            var holds = _model.Holds(delivery.Id, lease.Id, Now);
            Assert.False(holds && result.Lost.Contains(delivery), "a delivery that is held counts as lost");
            Assert.Equal(holds && _model.IsCancelled(delivery.Id), result.Cancelled.Contains(delivery));
        }

        foreach (var lease in leases)
        {
            _model.Extend(lease.Id, Now, lease.Duration);
        }
    }

    private async Task CancelAsync(int worker)
    {
        if (Pick() is { } id && !_model.IsCancelled(id))
        {
            Assert.Equal(_model.Cancel(id, Now), await workers[worker].CancelAsync(id, Token));
        }
    }

    private async Task RescheduleAsync(int worker)
    {
        if (Pick() is { } id)
        {
            var due = Now + Span(30) - TimeSpan.FromSeconds(1);
            Assert.Equal(_model.Reschedule(id, Now, due), await workers[worker].RescheduleAsync(id, due, Token));
        }
    }

    private async Task ReviveAsync(int worker)
    {
        if (Pick() is { } id)
        {
            Assert.Equal(_model.Revive(id, Now), await workers[worker].RequeueDeadAsync(id, Token));
        }
    }

    private Guid? Pick()
    {
        var ids = _model.Ids.ToArray();
        return ids.Length == 0 ? null : ids[random.Next(ids.Length)];
    }
}
