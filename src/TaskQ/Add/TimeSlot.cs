namespace TaskQ.Add;

/// <summary>A slot of a period; slot 0 starts at the Unix epoch.</summary>
/// <param name="Number">Which slot, negative before the epoch.</param>
/// <param name="Rest">How long it still lasts, more than zero.</param>
internal readonly record struct TimeSlot(long Number, TimeSpan Rest)
{
    /// <summary>The slot that a time lies in. A slot's first tick belongs to it.</summary>
    public static TimeSlot At(DateTimeOffset time, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        (long number, long elapsed) = Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, period.Ticks);
        if (elapsed < 0)
        {
            number--;
            elapsed += period.Ticks;
        }

        return new TimeSlot(number, TimeSpan.FromTicks(period.Ticks - elapsed));
    }
}
