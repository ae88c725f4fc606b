using System.Buffers.Binary;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Audit;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Three virtual workers on one queue, whose replies may be lost and who may die, beside a model of the store.</summary>
/// <remarks>
/// 1. Each operation is done, and what the store answers is compared with the model. 2. So are the counts after each one, and all keys after
/// some. 3. In the end everything that is left is run. Parts: Add, Exchange (reserve, settle, beat), Operate. What is asserted, by the invariants of
/// the design: I1 an accepted message is in exactly one place, I2 it has its record, I3 one lease at most holds it, I4 who lost
/// a message settles nothing, I5 it runs no more often than its attempts allow.
/// </remarks>
internal sealed partial class RandomWorld(OperationSequence sequence, FrozenClock clock, IQueueBackend[] workers, Func<Task<KeyAudit>> readKeys)
{
    /// <summary>After how many operations all keys are looked at.</summary>
    private const int AuditEvery = 6;

    private const int MaxDrainRounds = 200;

    private readonly List<Guid> _ids = [];
    private readonly Lease?[] _unanswered = new Lease?[workers.Length];
    private List<Held> _held = [];
    private int _created;

    public QueueModel Model { get; } = new(sequence.Settings);

    public InjectedFaults Faults { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => clock.Now;

    /// <summary>Does all operations, and then runs what is left.</summary>
    public async Task RunAsync()
    {
        for (var i = 0; i < sequence.Operations.Count; i++)
        {
            var operation = sequence.Operations[i];
            try
            {
                await DoAsync(operation, operation.Worker % workers.Length);
                await CompareAsync(withKeys: i % AuditEvery == AuditEvery - 1);
            }
            catch (Xunit.Sdk.XunitException error)
            {
                Assert.Fail($"Operation {i + 1}, {operation}: {error.Message}");
            }
        }

        await CompareAsync(withKeys: true);
        await DrainAsync();
        Model.Rate.AssertHeld();
        (Faults.Replaced, Faults.Requeued) = (Model.Replaced, Model.Requeued);
    }

    private Task DoAsync(Operation operation, int worker) => operation.Kind switch
    {
        OperationKind.Add => AddAsync(operation, worker),
        OperationKind.AddAgain => AddAgainAsync(operation, worker),
        OperationKind.Exchange => ExchangeAsync(operation, worker, settles: true, fetches: true),
        OperationKind.Fetch => ExchangeAsync(operation, worker, settles: false, fetches: true),
        OperationKind.Settle => ExchangeAsync(operation, worker, settles: true, fetches: false),
        OperationKind.AskAgain => AskAgainAsync(operation, worker),
        OperationKind.Beat => BeatAsync(operation, worker),
        OperationKind.Kill => Kill(worker),
        OperationKind.Advance => Advance(operation.Count),
        _ => OperateAsync(operation, workers[worker]),
    };

    private Task Advance(int units)
    {
        clock.Now += units * ModelTime.Unit;
        return Task.CompletedTask;
    }

    private Task Kill(int worker)
    {
        Faults.Kills += _held.Exists(h => h.Worker == worker) ? 1 : 0;
        _held.RemoveAll(h => h.Worker == worker);
        _unanswered[worker] = null;
        return Task.CompletedTask;
    }

    /// <summary>Counts, which also takes back overdue leases, so that the model does the same; then may look at each message's place.</summary>
    private async Task CompareAsync(bool withKeys)
    {
        var before = Model.Messages.Values.Sum(m => m.Crashes);
        var expected = Model.CountAt(Now);
        Faults.Crashes += Math.Max(0, Model.Messages.Values.Sum(m => m.Crashes) - before);
        var counts = await workers[_created % workers.Length].CountAsync(Token);
        Assert.True(expected == counts, $"I1: expected {expected}, got {counts}");
        if (withKeys)
        {
            var audit = await readKeys();
            audit.AssertConsistent("I1, I2, I3:");
            AssertPlaces(audit.Places);
        }
    }

    private void AssertPlaces(IReadOnlyDictionary<string, string> places)
    {
        foreach (var m in Model.Messages.Values)
        {
            var expected = m.StateAt(Now) switch
            {
                MessageState.Delayed => "delayed",
                MessageState.Dead => "dead",
                MessageState.InFlight => "lease " + Hex(m.Lease),
                _ => m.IsSuspect ? "suspects" : "ready",
            };
            Assert.True(places.GetValueOrDefault(Hex(m.Id)) == expected, $"I1: {m.Id} is in {places.GetValueOrDefault(Hex(m.Id)) ?? "no place"}, not in {expected}");
        }
    }

    /// <summary>Runs everything that is there: whatever was accepted has ended then, or is a dead letter.</summary>
    private async Task DrainAsync()
    {
        await workers[0].SetPausedAsync(false, Token);
        Model.IsPaused = false;
        _held = [];
        await Advance(50);
        for (var round = 0; Model.Messages.Count > Model.Dead; round++)
        {
            Assert.True(round < MaxDrainRounds, $"I1: {Model.Messages.Count - Model.Dead} messages don't come");
            await CompareAsync(withKeys: false);
            await RunReadyAsync(suspect: false);
            await RunReadyAsync(suspect: true);
            await Advance((int)(ModelSettings.PermitInterval / ModelTime.Unit) * Math.Max(1, sequence.Settings.Burst));
        }

        await CompareAsync(withKeys: true);
        var audit = await readKeys();
        Assert.True((audit.Messages, audit.Leases) == (0, 0), $"{audit.Messages} messages and {audit.Leases} leases are left");
        Assert.True(Model.Accepted == Model.Ended.Values.Sum() + Model.Dead, "the model has lost a message");
    }

    private async Task RunReadyAsync(bool suspect)
    {
        var fetch = new FetchRequest(new Lease(NewId(2), ModelTime.Unit), 50, TimeSpan.Zero, suspect);
        var result = await workers[0].ExchangeAsync([], fetch, Token);
        TakeUp(fetch, result);
        Settlement[] completed = [.. result.Deliveries.Select(d => new Settlement(d, SettlementKind.Complete))];
        AssertRefused([], await workers[0].ExchangeAsync(completed, null, Token));
        foreach (var settlement in completed)
        {
            Model.Settle(settlement, Now);
        }
    }

    private Guid NewId(byte kind)
    {
        var bytes = new byte[16];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), ++_created);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>
    /// One that is there, of dead letters where those are meant, and for adding again one that has ended; at times one of all that were ever added.
    /// </summary>
    private Guid? Pick(Operation operation)
    {
        var meant = _ids.FindAll(id => operation.Kind switch
        {
            OperationKind.AddAgain => !Model.Messages.ContainsKey(id),
            OperationKind.RequeueOne or OperationKind.DeleteDead => Model.Messages.GetValueOrDefault(id) is { Place: ModelMessage.At.Dead },
            _ => Model.Messages.ContainsKey(id),
        });
        var ids = operation.Which % 4 == 3 || meant.Count == 0 ? _ids : meant;
        return ids.Count == 0 ? null : ids[operation.Which % ids.Count];
    }

    private static string Hex(Guid id) => Convert.ToHexString(id.ToByteArray(bigEndian: true));

    private sealed record Held(int Worker, Lease Lease, Delivery Delivery);
}
