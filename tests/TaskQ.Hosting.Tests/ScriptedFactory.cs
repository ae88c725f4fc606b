using TaskQ.Backend;
using TaskQ.Tests.Consume;

namespace TaskQ.Hosting.Tests;

/// <summary>Queues over stores that do as they are told.</summary>
internal sealed class ScriptedFactory(ScriptedBackend backend) : QueueFactory
{
    protected override IQueueBackend CreateBackend(QueueOptions options) => backend;
}
