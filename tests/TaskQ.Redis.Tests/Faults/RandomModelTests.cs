using TaskQ.Redis.Tests.Faults.Model;
using F = TaskQ.Redis.Tests.Faults.Model.OperationFlags;
using K = TaskQ.Redis.Tests.Faults.Model.OperationKind;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>
/// Random sequences of operations of three workers whose replies get lost, who die and whose leases run out, compared with a model, and an
/// audit of all keys by the invariants of protocol.md.
/// </summary>
public sealed class RandomModelTests
{
    private const int Lanes = 12;

    [Theory]
    [Trait("Fault", "R39")]
    [Trait("Fault", "R27")]
    [InlineData(1, 5000, false)]
    [InlineData(2, 500, true)]
    public async Task Sequences_AtRandomWithLostReplies_KeepTheInvariants(int seed, int sequences, bool onCluster)
    {
        await using var server = await ModelServer.StartAsync(onCluster);

        var failure = await SequenceSearch.RunAsync(seed, sequences, Lanes, server.RunAsync);

        Assert.True(failure is null, $"{failure}");
        Figures.Print($"{server}{(onCluster ? ", on a cluster" : "")}");
        Assert.False(await server.HasCrossSlotErrorsAsync());
        Assert.Equal(sequences, server.Sequences);
        int[] met =
        [
            server.Faults.LostReplies, server.Faults.Unanswered, server.Faults.Crashes, server.Faults.Refused, server.Faults.Duplicates,
            server.Faults.Replaced, server.Faults.Limited, server.Faults.Requeued, server.Faults.Kills,
        ];
        Assert.All(met, count => Assert.True(count > sequences / 20, $"too few faults: {server}"));
    }

    [Fact]
    [Trait("Fault", "R39")]
    public async Task Search_OnAStoreThatLosesMessages_FindsTheFewestOperationsThatShowIt()
    {
        await using var server = await ModelServer.StartAsync(plant: LosingBackend.Over);

        var failure = await SequenceSearch.RunAsync(seed: 3, sequences: 500, lanes: 1, server.RunAsync);

        Assert.NotNull(failure);
        Figures.Print($"{failure}");
        Assert.Equal([K.Add, K.Fetch, K.Settle, K.Reschedule], failure.Smallest.Operations.Select(o => o.Kind));
        Assert.All(failure.Smallest.Operations, o => Assert.Equal((F.None, 1), (o.Flags, o.Count)));
        Assert.Equal(new ModelSettings(), failure.Smallest.Settings);
        Assert.StartsWith("Operation 4, new(K.Reschedule): I1: expected", failure.Reason, StringComparison.Ordinal);

        // The same again: it fails by what it prints, and not on a store without the fault.
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => server.RunAsync(failure.Smallest));
        await using var sound = await ModelServer.StartAsync();
        await sound.RunAsync(failure.Smallest);
    }

    [Fact]
    [Trait("Fault", "R39")]
    public async Task Suspect_CancelledAndAddedAnew_IsNoSuspect()
    {
        // Found by the search: the new entry counted as the one that was stale.
        await using var server = await ModelServer.StartAsync();

        await server.RunAsync(new(0, new(), [
            new(K.Add), new(K.Fetch, Time: 1), new(K.Advance, Count: 2), new(K.Fetch, Time: 1), new(K.Advance, Count: 2), new(K.Cancel),
            new(K.AddAgain)]));
    }
}
