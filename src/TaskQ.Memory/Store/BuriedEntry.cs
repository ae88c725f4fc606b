using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>A dead letter.</summary>
/// <param name="Entry">The entry that died.</param>
/// <param name="Death">Why.</param>
/// <param name="DiedTicks">When, in UTC ticks.</param>
internal sealed record BuriedEntry(Entry Entry, Death Death, long DiedTicks);
