using Microsoft.Extensions.DependencyInjection;

namespace TaskQ.Conformance.Harness;

/// <summary>The smallest container with scopes: each gives a <see cref="Scoped"/> of its own, which is disposed with it.</summary>
public sealed class ScopedServices : IServiceProvider, IServiceScopeFactory
{
    private int _opened;
    private int _disposed;

    public int Opened => Volatile.Read(ref _opened);

    public int Disposed => Volatile.Read(ref _disposed);

    public object? GetService(Type serviceType) => serviceType == typeof(IServiceScopeFactory) ? this : null;

    public IServiceScope CreateScope()
    {
        Interlocked.Increment(ref _opened);
        return new Scope(this);
    }

    private sealed class Scope(ScopedServices root) : IServiceScope, IServiceProvider, IAsyncDisposable
    {
        private Scoped? _scoped;

        public IServiceProvider ServiceProvider => this;

        public object? GetService(Type serviceType) => serviceType == typeof(Scoped) ? _scoped ??= new Scoped() : null;

        public void Dispose() => throw new InvalidOperationException("An async scope is disposed asynchronously.");

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            _scoped?.MarkDisposed();
            Interlocked.Increment(ref root._disposed);
        }
    }
}
