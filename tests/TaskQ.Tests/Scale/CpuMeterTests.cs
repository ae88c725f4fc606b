using TaskQ.Scale;
using Xunit;

namespace TaskQ.Tests.Scale;

public sealed class CpuMeterTests
{
    private readonly ManualTime _time = new();
    private TimeSpan _used = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(500, 0.25)]
    [InlineData(2000, 1)]
    [InlineData(2500, 1)]
    [InlineData(-10, 0)]
    public void Read_OneSecondOnTwoCores_ShareOfBoth(int usedMilliseconds, double expected)
    {
        CpuMeter meter = Create();
        Pass(1, usedMilliseconds);

        Assert.Equal(expected, meter.Read(), 6);
    }

    [Fact]
    public void Read_Twice_CountsOnlySinceTheLast()
    {
        CpuMeter meter = Create();
        Pass(1, 2000);
        Assert.Equal(1, meter.Read(), 6);
        Pass(4, 800);

        Assert.Equal(0.1, meter.Read(), 6);
    }

    [Fact]
    public void Read_NoTimePassed_Zero()
    {
        CpuMeter meter = Create();
        _used += TimeSpan.FromSeconds(1);

        Assert.Equal(0, meter.Read());
    }

    [Fact]
    public void Read_ThisProcessSpinning_IsMeasured()
    {
        var meter = new CpuMeter(_time);
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMilliseconds(100))
        {
            Thread.SpinWait(1000);
        }

        // The clock says that a millisecond per core passed, so any measurable use is more than all of it.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.InRange(meter.Read(), 0.9, 1);
    }

    private CpuMeter Create() => new(_time, () => _used, 2);

    private void Pass(double seconds, int usedMilliseconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _used += TimeSpan.FromMilliseconds(usedMilliseconds);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
