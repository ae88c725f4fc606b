namespace TaskQ.Add;

/// <summary>How long a message's name is taken, from the add on.</summary>
internal static class NameWindow
{
    /// <summary>Covers producers whose clocks differ. The slot's number is in the name, so it delays no message of the next slot.</summary>
    private static readonly TimeSpan MaxSlotMargin = TimeSpan.FromMinutes(1);

    public static TimeSpan Of(TaskMessage message, NameRule rule, TimeSpan deduplicationWindow, DateTimeOffset now) =>
        rule.Kind switch
        {
            // Only the message's end frees such a name; any bound here could free it while the message still waits.
            NameKind.Unique => TimeSpan.MaxValue,
            NameKind.Period => Sum(DelayOf(message, now), SlotWindow(rule.SlotLength, now)),
            _ => Sum(DelayOf(message, now), deduplicationWindow),
        };

    /// <summary>How long the message waits before it may start, at least zero.</summary>
    private static TimeSpan DelayOf(TaskMessage message, DateTimeOffset now)
    {
        if (message.Schedule is not { } dueAt)
        {
            return message.Delay;
        }

        return dueAt > now ? dueAt - now : TimeSpan.Zero;
    }

    private static TimeSpan SlotWindow(TimeSpan period, DateTimeOffset now)
    {
        TimeSpan margin = period < MaxSlotMargin ? period : MaxSlotMargin;
        return Sum(TimeSlot.At(now, period).Rest, margin);
    }

    /// <summary>The sum of two spans of at least zero; the largest span where it would overflow.</summary>
    private static TimeSpan Sum(TimeSpan left, TimeSpan right) =>
        left > TimeSpan.MaxValue - right ? TimeSpan.MaxValue : left + right;
}
