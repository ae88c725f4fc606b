namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Points in time, dates and durations.</summary>
internal static class TimeFormatters
{
    private const int MaxOffsetMinutes = 14 * 60;

    public static void AddTo(LeafTable table)
    {
        table.Add<DateTime>(static (ref w, v) => w.WriteTimestamp(v), static (ref r) => r.ReadTimestamp());
        table.Add<DateTimeOffset>(WriteOffset, ReadOffset);
        table.Add<DateOnly>(static (ref w, v) => w.WriteInt64(v.DayNumber), ReadDate);
        table.Add<TimeOnly>(static (ref w, v) => w.WriteInt64(v.Ticks), ReadTime);
        table.Add<TimeSpan>(static (ref w, v) => w.WriteInt64(v.Ticks), static (ref r) => new TimeSpan(r.ReadInt64()));
    }

    // The clock's time as if it were UTC, and the offset in minutes.
    private static void WriteOffset(ref MessagePackWriter writer, DateTimeOffset value)
    {
        writer.WriteArrayHeader(2);
        writer.WriteTimestamp(DateTime.SpecifyKind(value.DateTime, DateTimeKind.Utc));
        writer.WriteInt64((long)value.Offset.TotalMinutes);
    }

    private static DateTimeOffset ReadOffset(ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != 2)
        {
            throw reader.Error("expected an array of a time and its offset.");
        }

        var clock = reader.ReadTimestamp();
        var minutes = reader.ReadInteger<short>();
        var utc = clock.Ticks - (minutes * TimeSpan.TicksPerMinute);
        return Math.Abs((int)minutes) <= MaxOffsetMinutes && utc >= 0 && utc <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(clock.Ticks, TimeSpan.FromMinutes(minutes))
            : throw reader.Error("the time with its offset is out of the range of DateTimeOffset.");
    }

    private static DateOnly ReadDate(ref MessagePackReader reader)
    {
        var day = reader.ReadInt64();
        return day >= 0 && day <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)day)
            : throw reader.Error("the day is out of the range of DateOnly.");
    }

    private static TimeOnly ReadTime(ref MessagePackReader reader)
    {
        var ticks = reader.ReadInt64();
        return ticks >= 0 && ticks <= TimeOnly.MaxValue.Ticks
            ? new TimeOnly(ticks)
            : throw reader.Error("the time of day is out of the range of TimeOnly.");
    }
}
