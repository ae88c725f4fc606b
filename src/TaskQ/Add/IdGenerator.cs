namespace TaskQ.Add;

/// <summary>Makes the ids of messages: UUIDv7, from random bytes that are drawn in blocks.</summary>
internal sealed class IdGenerator(TimeProvider timeProvider)
{
    public Guid Next() => Guid.CreateVersion7(timeProvider.GetUtcNow());
}
