namespace TaskQ.Sqs.Tests.Server;

/// <summary>The server as what several tests share.</summary>
public abstract partial class SqsServer : IAsyncLifetime
{
}
