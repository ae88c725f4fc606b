namespace TaskQ.Backend;

/// <summary>What a backend or a coordinator has as well when it can tell at the start of a consumer that its store will never serve it.</summary>
public interface IStoreCheck
{
    /// <summary>
    /// Looks at the store before a consumer starts, for a bounded time. A store that can't be reached is no failure: an outage at the start is waited
    /// for like a later one.
    /// </summary>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <returns>A task that ends when nothing speaks against the store, or nothing could be learned.</returns>
    /// <exception cref="NotSupportedException">The store can't keep queues as it is.</exception>
    /// <exception cref="UnauthorizedAccessException">The store refuses what the backend needs.</exception>
    ValueTask CheckAsync(CancellationToken cancellationToken);
}
