namespace TaskQ.Backend;

/// <summary>One reservation of a message. A backend may derive from it to keep what it needs to settle it.</summary>
public class Delivery
{
    private Dispatch.RunningHandler? _running;

    // Small fields: a million waiting messages are a million deliveries.
    private byte _settled;
    private ushort _crashes;

    /// <summary>Creates a delivery.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="body">What was stored.</param>
    public Delivery(Guid id, MessageBody body)
    {
        StoreId = id;
        Body = body;
    }

    /// <summary>The message's id.</summary>
    public Guid Id => Lease?.Places is { } places && places.TryGetValue(StoreId, out Guid id) ? id : StoreId;

    /// <summary>The id under which it stands in its store: while it is reserved in the place of an earlier message, another one than that one's.</summary>
    public Guid StoreId { get; }

    /// <summary>What was stored.</summary>
    public MessageBody Body { get; protected set; }

    /// <summary>Which delivery this is, 1 for the first: failures and crashes count, releases don't.</summary>
    public int Attempt { get; set; } = 1;

    /// <summary>How often its lease ran out before.</summary>
    public int Crashes
    {
        get => _crashes;
        set => _crashes = (ushort)Math.Clamp(value, 0, ushort.MaxValue);
    }

    /// <summary>The lease that it is held under, null before it is reserved.</summary>
    public Lease? Lease { get; set; }

    /// <summary>Whether the core has decided what becomes of it.</summary>
    public bool IsSettled => Volatile.Read(ref _settled) != 0;

    /// <summary>Its run, null while nothing needs to cancel it or holds a permit for it.</summary>
    internal Dispatch.RunningHandler? Running
    {
        get => Volatile.Read(ref _running);
        set => Volatile.Write(ref _running, value);
    }

    /// <summary>Its run, created if there is none.</summary>
    internal Dispatch.RunningHandler Track() =>
        Running ?? Interlocked.CompareExchange(ref _running, new Dispatch.RunningHandler(), null) ?? Running!;

    /// <summary>Takes the right to settle it; true for the first caller only.</summary>
    internal bool TrySettle() => Interlocked.Exchange(ref _settled, (byte)1) == 0;
}
