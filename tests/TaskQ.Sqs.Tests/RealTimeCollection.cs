using TaskQ.Conformance.Harness;

namespace TaskQ.Sqs.Tests;

/// <summary>Tests that measure real time: one after the other, and none beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RealTimeCollection : ICollectionFixture<Standstill>
{
    public const string Name = "real time";
}
