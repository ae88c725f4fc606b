namespace TaskQ.Memory.Store;

/// <summary>Arithmetic on times that stops at the end of time instead of overflowing.</summary>
internal static class Ticks
{
    /// <summary>The latest time that a <see cref="DateTimeOffset"/> holds.</summary>
    public static readonly long Max = DateTimeOffset.MaxValue.UtcTicks;

    /// <summary>A time and a span of at least zero.</summary>
    public static long Add(long time, long span) => span >= Max - time ? Max : time + span;

    public static DateTimeOffset ToTime(long utcTicks) => new(utcTicks, TimeSpan.Zero);
}
