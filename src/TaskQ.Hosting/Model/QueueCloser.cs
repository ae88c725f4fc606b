namespace TaskQ.Hosting.Model;

/// <summary>Closes the queues when the host's services are disposed.</summary>
internal sealed class QueueCloser(QueueRegistry registry) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => registry.CloseAsync();
}
