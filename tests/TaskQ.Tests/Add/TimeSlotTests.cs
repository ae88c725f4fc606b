using TaskQ.Add;
using Xunit;

namespace TaskQ.Tests.Add;

public sealed class TimeSlotTests
{
    private const long Hour = TimeSpan.TicksPerHour;

    [Theory]
    [InlineData(0, Hour, 0, Hour)]
    [InlineData(1, Hour, 0, Hour - 1)]
    [InlineData(Hour - 1, Hour, 0, 1)]
    [InlineData(Hour, Hour, 1, Hour)]
    [InlineData(-1, Hour, -1, 1)]
    [InlineData(-Hour, Hour, -1, Hour)]
    [InlineData(-Hour - 1, Hour, -2, 1)]
    [InlineData(5, 1, 5, 1)]
    [InlineData(-5, 1, -5, 1)]
    [InlineData(40 * Hour, 36 * Hour, 1, 32 * Hour)] // longer than a day
    [InlineData(0, long.MaxValue, 0, long.MaxValue)]
    [InlineData(-1, long.MaxValue, -1, 1)]
    public void At_TicksFromEpoch_GivesSlotAndRest(long ticks, long period, long number, long rest) =>
        Assert.Equal(
            new TimeSlot(number, TimeSpan.FromTicks(rest)),
            TimeSlot.At(DateTimeOffset.UnixEpoch.AddTicks(ticks), TimeSpan.FromTicks(period)));

    [Fact]
    public void At_SameInstantInAnotherZone_IsTheSameSlot()
    {
        var utc = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

        Assert.Equal(TimeSlot.At(utc, TimeSpan.FromDays(1)), TimeSlot.At(utc.ToOffset(TimeSpan.FromHours(9)), TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void At_PeriodNotPositive_Throws(long period) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeSlot.At(DateTimeOffset.UnixEpoch, TimeSpan.FromTicks(period)));
}
