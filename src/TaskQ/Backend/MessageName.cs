namespace TaskQ.Backend;

/// <summary>The name that a message takes in a store.</summary>
/// <param name="Key">A 128-bit hash over queue, task and name.</param>
/// <param name="Window">How long the name is taken, from the add on; for a name that lasts until the message ends, a bound in case that is never learned.</param>
/// <param name="UntilFinished">Whether the name is free as soon as the message is completed, dead or cancelled.</param>
/// <param name="Mode">What an add under a taken name does.</param>
public sealed record MessageName(UInt128 Key, TimeSpan Window, bool UntilFinished, DedupeMode Mode);
