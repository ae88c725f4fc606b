using TaskQ.Backend;
using At = TaskQ.Redis.Tests.Faults.Model.ModelMessage.At;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <content>Reserving and settling, and the leases in between.</content>
internal sealed partial class QueueModel
{
    /// <summary>A message of which failures count and crashes count is started so often at most, until an operator requeues it.</summary>
    private const int MaxRuns = ModelSettings.RetryLimit + ModelSettings.CrashLimit - 1;

    public bool Holds(Guid id, Guid lease) => _messages.TryGetValue(id, out var m) && m.Place == At.Held && m.Lease == lease;

    public IEnumerable<Guid> HeldBy(Guid lease) => _messages.Values.Where(m => m.Place == At.Held && m.Lease == lease).Select(m => m.Id);

    /// <summary>How many a fetch must bring.</summary>
    public int Fetchable(FetchRequest fetch, DateTimeOffset now)
    {
        if (IsPaused)
        {
            return 0;
        }

        var free = settings.WorkerLimit == 0 ? int.MaxValue : settings.WorkerLimit - _messages.Values.Count(m => m.Place == At.Held);
        int[] bounds = [fetch.Suspect ? 1 : fetch.Max, _messages.Values.Count(m => m.IsFetchable(now, fetch.Suspect)), free, Rate.PermitsAt(now)];
        return Math.Max(0, bounds.Min());
    }

    /// <summary>A message was delivered.</summary>
    public void Reserve(Delivery delivery, FetchRequest fetch, DateTimeOffset now)
    {
        var known = _messages.TryGetValue(delivery.Id, out var m);
        Assert.True(known, $"I1: {delivery.Id} is delivered, which has ended");
        Assert.True(m!.Place != At.Held, $"I3: {delivery.Id} is delivered while lease {m.Lease} holds it");
        Assert.True(m.IsFetchable(now, fetch.Suspect), $"I1: {delivery.Id} is delivered, which is {m.StateAt(now)}, suspect: {m.IsSuspect}");
        (m.Place, m.Lease, m.Until) = (At.Held, fetch.Lease.Id, now + fetch.Lease.Duration);
        Assert.True((m.Attempt, m.Crashes) == (delivery.Attempt, delivery.Crashes), $"I5: attempt {m.Attempt}, crashes {m.Crashes}; delivered as {delivery.Attempt}, {delivery.Crashes}");
        Assert.True(delivery.Body.Frame.AsSpan().SequenceEqual(m.Added.Body.Frame), $"I2: the record of {delivery.Id} is another one");
        if (m.Crashes < ModelSettings.CrashLimit)
        {
            m.Runs++;
            Assert.True(m.Runs <= MaxRuns, $"I5: {delivery.Id} runs for the {m.Runs}th time");
        }

        Rate.Take(1, now);
        AssertWorkerLimit();
    }

    /// <summary>Settles one that is held.</summary>
    public void Settle(Settlement settlement, DateTimeOffset now)
    {
        var m = _messages[settlement.Delivery.Id];
        switch (settlement.Kind)
        {
            case SettlementKind.Complete:
                End(m, MessageEnd.Completed);
                break;
            case SettlementKind.Dead:
                (m.Place, m.DiedAt) = (At.Dead, now);
                _names.End(m.Id);
                break;
            case var _ when m.IsCancelled:
                End(m, MessageEnd.Cancelled);
                break;
            default:
                (m.Place, m.DueAt) = (At.Waiting, now + settlement.Delay);
                m.Failures += settlement.Kind == SettlementKind.Retry ? 1 : 0;
                m.Runs -= settlement.Kind == SettlementKind.Release && m.Crashes < ModelSettings.CrashLimit ? 1 : 0;
                break;
        }
    }

    public void Extend(Lease lease, DateTimeOffset now)
    {
        foreach (var m in _messages.Values.Where(m => m.Place == At.Held && m.Lease == lease.Id))
        {
            m.Until = now + lease.Duration;
        }
    }

    private void AssertWorkerLimit()
    {
        var held = _messages.Values.Count(m => m.Place == At.Held);
        Assert.True(settings.WorkerLimit == 0 || held <= settings.WorkerLimit, $"worker limit: {held} in flight, {settings.WorkerLimit} may");
    }

    /// <summary>Takes back what leases held that ran out.</summary>
    private void Expire(DateTimeOffset now)
    {
        foreach (var m in _messages.Values.Where(m => m.Place == At.Held && m.Until <= now).ToArray())
        {
            if (m.IsCancelled)
            {
                End(m, MessageEnd.Cancelled);
                continue;
            }

            (m.Place, m.DueAt) = (At.Waiting, m.Until);
            m.Crashes++;
        }
    }
}
