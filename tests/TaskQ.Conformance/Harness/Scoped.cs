namespace TaskQ.Conformance.Harness;

/// <summary>A service that knows whether its scope is over.</summary>
public sealed class Scoped
{
    private volatile bool _disposed;

    public bool IsDisposed => _disposed;

    public void MarkDisposed() => _disposed = true;
}
