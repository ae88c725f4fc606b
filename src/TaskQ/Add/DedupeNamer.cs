using TaskQ.Backend;

namespace TaskQ.Add;

/// <summary>Makes the name that a message takes in the store. Pure: time comes in as a value.</summary>
internal static class DedupeNamer
{
    /// <summary>The name of a message, null when it has no rule.</summary>
    public static MessageName? Make(TaskMessage message, QueueOptions options, DateTimeOffset now) =>
        throw new NotImplementedException();
}
