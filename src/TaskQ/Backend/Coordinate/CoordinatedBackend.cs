using TaskQ.Add.Encode;

namespace TaskQ.Backend.Coordinate;

/// <summary>A store, and beside it a companion store for exactly what the store has no notion of.</summary>
/// <remarks>
/// Parts: Add (names), Ids (ids beside names), Exchange (settle, start), Wait (until something may start), Operate (beat, cancel, pause, ...), Dead (dead
/// letters). Two stores are no transaction. The order of steps makes a process that dies in between leave a message twice
/// rather than not at all, and a name taken for too long rather than too short.
/// </remarks>
internal sealed partial class CoordinatedBackend : IQueueBackend, IStoreCheck
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly FrameCodec _codec;
    private readonly IQueueBackend _store;
    private readonly IQueueCoordinator _coordinator;
    private readonly BackendCapabilities _own;
    private readonly bool _hasLimits;

    private CoordinatedBackend(QueueOptions options, IQueueBackend store, IQueueCoordinator coordinator)
    {
        _name = options.Name;
        _time = options.TimeProvider;
        _codec = new FrameCodec(options);
        _store = store;
        _coordinator = coordinator;
        _own = store.Capabilities;
        _hasLimits = !_own.Limits && (options.WorkerLimit is not null || options.RateLimit is not null);
        Capabilities = _own with { Names = true, Limits = true, Cancels = true, DeadLetters = true, DeadLookup = true, Pauses = true, Remedy = null };
    }

    public BackendCapabilities Capabilities { get; }

    /// <summary>The store itself when it lacks nothing that the companion serves.</summary>
    public static IQueueBackend Over(IQueueBackend store, IQueueCoordinatorFactory coordinators, QueueOptions options)
    {
        if (store.Capabilities is { Names: true, Limits: true, Cancels: true, DeadLetters: true, Pauses: true })
        {
            return store;
        }

        QueueOptions lacking = options.Copy();
        if (store.Capabilities.Limits)
        {
            lacking.WorkerLimit = null;
            lacking.RateLimit = null;
        }

        return new CoordinatedBackend(options, store, coordinators.CreateCoordinator(lacking));
    }

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        foreach (object part in new object[] { _store, _coordinator })
        {
            if (part is IStoreCheck check)
            {
                await check.CheckAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _store.DisposeAsync().ConfigureAwait(false);
            await SendEndedAsync([]).ConfigureAwait(false);
        }
        finally
        {
            await _coordinator.DisposeAsync().ConfigureAwait(false);
        }
    }
}
