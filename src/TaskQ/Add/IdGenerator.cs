using System.Diagnostics.CodeAnalysis;

namespace TaskQ.Add;

/// <summary>Makes the ids of messages: UUIDv7, in order for each thread. Safe for use by several threads, which share nothing.</summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "ThreadLocal has a finalizer; disposing it early would break a message that is made while its queue closes.")]
internal sealed class IdGenerator(TimeProvider timeProvider)
{
    private readonly ThreadLocal<IdSequence> _sequences = new(static () => new IdSequence());

    public Guid Next() => Next(timeProvider.GetUtcNow());

    /// <param name="now">The time, for a caller that has just read the clock.</param>
    public Guid Next(DateTimeOffset now) => _sequences.Value!.Next(Math.Max(0, now.ToUnixTimeMilliseconds()));
}
