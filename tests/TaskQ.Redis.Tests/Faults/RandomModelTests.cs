using TaskQ.Redis.Tests.Faults.Model;

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
    }
}
