namespace TaskQ.Tests.Scale;

/// <summary>What one simulated handler does, in this order; infinity never ends.</summary>
/// <param name="Slot">Seconds on one of the downstream's slots.</param>
/// <param name="Wait">Seconds of waiting that harms no one.</param>
/// <param name="Cpu">Seconds of CPU.</param>
/// <param name="Fails">Whether it throws in the end.</param>
internal readonly record struct SimulatedJob(double Slot = 0, double Wait = 0, double Cpu = 0, bool Fails = false);
