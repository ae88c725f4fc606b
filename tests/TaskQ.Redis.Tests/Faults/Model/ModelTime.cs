namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>
/// The clock moves by whole units, and all that ends does so between two of them, so nothing falls due exactly now. A unit
/// is long beside real time, by which the server forgets the rate limit of an idle queue.
/// </summary>
internal static class ModelTime
{
    public static TimeSpan Unit { get; } = TimeSpan.FromSeconds(10);

    /// <summary>None, or so many units and a half.</summary>
    public static TimeSpan Span(int units) => units == 0 ? TimeSpan.Zero : (units * Unit) + (Unit / 2);
}
