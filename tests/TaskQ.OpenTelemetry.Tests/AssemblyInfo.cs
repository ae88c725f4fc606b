using TaskQ.OpenTelemetry.Tests;

// Listeners hear the whole process, and what is measured is that nobody listens.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(RedisFixture))]
