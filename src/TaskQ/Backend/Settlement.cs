namespace TaskQ.Backend;

/// <summary>What becomes of a delivery.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Delay">For a retry or release: how long the message waits.</param>
/// <param name="Death">For a dead letter: why. For a retry: how the attempt failed, without a reason, where the store keeps that (<see cref="BackendCapabilities.KeepsErrors"/>).</param>
public readonly record struct Settlement(
    Delivery Delivery,
    SettlementKind Kind,
    TimeSpan Delay = default,
    Death? Death = null);
