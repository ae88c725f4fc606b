using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>A message that the store must have.</summary>
internal sealed class ModelMessage
{
    public enum At
    {
        Waiting,
        Held,
        Dead,
    }

    public required Guid Id { get; init; }

    public required NewMessage Added { get; set; }

    public required DateTimeOffset DueAt { get; set; }

    public At Place { get; set; }

    public Guid Lease { get; set; }

    /// <summary>When its lease runs out.</summary>
    public DateTimeOffset Until { get; set; }

    public DateTimeOffset DiedAt { get; set; }

    public int Failures { get; set; }

    public int Crashes { get; set; }

    /// <summary>How often it was handed to a worker that may run it, and not given back.</summary>
    public int Runs { get; set; }

    public bool IsCancelled { get; set; }

    /// <summary>Whether it was a dead letter, so that it speaks for no name any more.</summary>
    public bool IsRevived { get; set; }

    public bool IsSuspect => Crashes >= FetchRequest.SuspectCrashes;

    /// <summary>How often it was delivered, those left aside that were given back.</summary>
    public int Attempt => Failures + Crashes + (Place == At.Waiting ? 0 : 1);

    public MessageState StateAt(DateTimeOffset now) => Place switch
    {
        At.Held => MessageState.InFlight,
        At.Dead => MessageState.Dead,
        _ => DueAt > now ? MessageState.Delayed : MessageState.Ready,
    };

    public bool IsFetchable(DateTimeOffset now, bool suspect) => StateAt(now) == MessageState.Ready && IsSuspect == suspect;
}
