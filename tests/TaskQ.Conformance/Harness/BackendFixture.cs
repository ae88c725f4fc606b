using TaskQ.Backend;

namespace TaskQ.Conformance.Harness;

/// <summary>One store under test, the clock that rules it, and what the suite must know about both.</summary>
public abstract class BackendFixture : IAsyncDisposable
{
    /// <summary>The clock that every queue of a test gets.</summary>
    public abstract TimeProvider TimeProvider { get; }

    /// <summary>Whether time passes only when it is advanced.</summary>
    public abstract bool HasFakeClock { get; }

    /// <summary>Whether several factories work on the same store, as several processes do.</summary>
    public abstract bool SharesStore { get; }

    /// <summary>Whether an add that is repeated with the same id is stored once.</summary>
    public virtual bool RemembersIds => true;

    /// <summary>Whether a pause holds for every process, rather than for the one that asked.</summary>
    public virtual bool SharesPause => true;

    /// <summary>Whether messages whose due times differ by less than a second come in the order of these.</summary>
    public virtual bool KeepsDueOrder => true;

    /// <summary>Whether a purge is done when its call ends.</summary>
    public virtual bool PurgesAtOnce => true;

    /// <summary>Whether the name of a message that has ended is free as soon as it does not count any more; a companion learns of the end a moment later.</summary>
    public virtual bool FreesNamesAtOnce => true;

    /// <summary>Whether a lease that ran out is told from a failure.</summary>
    public virtual bool TellsCrashes => true;

    /// <summary>Whether what comes back after a delay counts as delayed meanwhile, rather than as in flight.</summary>
    public virtual bool WaitsAside => true;

    /// <summary>Whether a release that counts does so once, however often a message is released.</summary>
    public virtual bool CountsOneRelease => true;

    /// <summary>How long a lease may be.</summary>
    public virtual TimeSpan LongestLease => TimeSpan.MaxValue;

    /// <summary>Whether a queue can have every name that the core allows.</summary>
    public virtual bool TakesAnyName => true;

    /// <summary>How much later than asked something may happen.</summary>
    public abstract TimeSpan Tolerance { get; }

    /// <summary>How long a test may wait by a real clock; it is skipped when it needs more.</summary>
    public virtual TimeSpan LongestRealWait => TimeSpan.FromSeconds(10);

    /// <summary>How long, in real time, a signal may take to come before the test fails.</summary>
    public virtual TimeSpan Patience => TimeSpan.FromSeconds(20);

    /// <summary>Opens a factory on the store.</summary>
    public abstract QueueFactory CreateFactory();

    /// <summary>Lets time pass in steps, and lets pending work settle after each.</summary>
    /// <param name="by">How much.</param>
    /// <param name="step">How much at once, at least.</param>
    public abstract Task AdvanceAsync(TimeSpan by, TimeSpan step);

    /// <summary>Waits, for a bounded real time, until nothing moves any more.</summary>
    public abstract Task SettleAsync();

    /// <summary>The store of a queue, for tests of the contract itself.</summary>
    public IQueueBackend BackendOf(TaskQueue queue) => queue.Backend;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}
