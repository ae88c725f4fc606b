using TaskQ.Backend;

namespace TaskQ.Sqs.Store;

/// <summary>A received message, and until when this process holds it by its own clock.</summary>
internal sealed class SqsDelivery(Envelope envelope, string receiptHandle, long receivedAt) : Delivery(envelope.Id, new MessageBody(envelope.Frame))
{
    private const int Held = 0;
    private const int Settling = 1;
    private const int Settled = 2;
    private const int Reported = 3;

    private int _phase;
    private long _deadline;
    private Task? _beat;

    public Envelope Envelope { get; } = envelope;

    public string ReceiptHandle { get; } = receiptHandle;

    /// <summary>A timestamp of when it was received.</summary>
    public long ReceivedAt { get; } = receivedAt;

    /// <summary>The timestamp at which it is no longer held.</summary>
    public long Deadline
    {
        get => Volatile.Read(ref _deadline);
        set => Volatile.Write(ref _deadline, value);
    }

    public bool IsHeld => Volatile.Read(ref _phase) == Held;

    /// <summary>The request that extends its time right now, null for none.</summary>
    public Task? Beat
    {
        get => Volatile.Read(ref _beat);
        set => Volatile.Write(ref _beat, value);
    }

    public bool TryBeginSettle() => Interlocked.CompareExchange(ref _phase, Settling, Held) == Held;

    public void EndSettle(bool isDone) => Volatile.Write(ref _phase, isDone ? Settled : Held);

    /// <summary>Whether it is settled and its caller has not heard of it: the answer for others failed.</summary>
    public bool IsUnreported => Volatile.Read(ref _phase) == Settled;

    public void Report() => Volatile.Write(ref _phase, Reported);
}
