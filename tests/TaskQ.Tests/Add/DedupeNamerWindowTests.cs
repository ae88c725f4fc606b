using TaskQ.Add;
using TaskQ.Backend;
using Xunit;

namespace TaskQ.Tests.Add;

/// <summary>How long names are taken.</summary>
public sealed class DedupeNamerWindowTests
{
    // 5:06:07.1234567, so 6:07.1234567 into the hour.
    private static readonly DateTimeOffset Now = TestMessages.Now;
    private static readonly TimeSpan RestOfHour = TimeSpan.FromHours(1) - new TimeSpan(0, 6, 7) - TimeSpan.FromTicks(1234567);

    [Fact]
    public void Make_Explicit_HoldsForDelayAndWindow()
    {
        AssertHours(24, Create().WithName("n"));
        AssertHours(27, Create().WithName("n").WithDelay(TimeSpan.FromHours(3)));
        AssertHours(29, Create().WithName("n").WithSchedule(Now.AddHours(5)));
        AssertHours(24, Create().WithName("n").WithSchedule(Now.AddHours(-5)));
        AssertHours(24, Create().WithName("n").WithSchedule(Now.ToOffset(TimeSpan.FromHours(9))));
    }

    [Fact]
    public void Make_Arguments_HoldForDelayAndWindow()
    {
        AssertHours(27, Create().OnceWithDelay(TimeSpan.FromHours(3)));
        AssertHours(29, Create().OnceWithSchedule(Now.AddHours(5)));
    }

    [Fact]
    public void Make_OtherWindow_IsTaken()
    {
        QueueOptions options = TestMessages.Options();
        options.DeduplicationWindow = TimeSpan.FromDays(90);

        Assert.Equal(TimeSpan.FromDays(90), DedupeNamer.Make(Create().WithName("n"), options, Now)!.Window);
    }

    [Fact]
    public void Make_Unique_HoldsUntilTheMessageEnds()
    {
        MessageName name = Name(Create().Unique().WithDelay(TimeSpan.FromDays(400)));

        Assert.True(name.UntilFinished);
        Assert.Equal(TimeSpan.MaxValue, name.Window);
        Assert.False(Name(Create().WithName("n")).UntilFinished);
        Assert.False(Name(Create().OnceInPeriod(TimeSpan.FromHours(1))).UntilFinished);
    }

    [Fact]
    public void Make_Period_HoldsForTheRestOfTheSlotAndAMargin()
    {
        TimeSpan hour = TimeSpan.FromHours(1);
        TimeSpan minute = TimeSpan.FromMinutes(1);

        Assert.Equal(RestOfHour + minute, Name(Create().OnceInPeriod(hour)).Window);
        Assert.Equal(RestOfHour + minute + hour, Name(Create().OnceInPeriod(hour).WithDelay(hour)).Window);
        Assert.Equal(RestOfHour + minute + hour, Name(Create().OnceInPeriod(hour).WithSchedule(Now + hour)).Window);

        // A margin is never longer than the period.
        Assert.Equal(
            TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1234567) + TimeSpan.FromSeconds(1),
            Name(Create().OnceInPeriod(TimeSpan.FromSeconds(1))).Window);
    }

    [Fact]
    public void Make_PeriodOfDays_HoldsBeyondTheDeduplicationWindow()
    {
        TimeSpan period = TimeSpan.FromDays(30);
        DateTimeOffset start = DateTimeOffset.UnixEpoch + (period * 700);

        MessageName name = DedupeNamer.Make(Create().OnceInPeriod(period), TestMessages.Options(), start)!;

        Assert.Equal(period + TimeSpan.FromMinutes(1), name.Window);
    }

    [Fact]
    public void Make_SumsThatOverflow_Saturate()
    {
        QueueOptions options = TestMessages.Options();
        options.DeduplicationWindow = TimeSpan.MaxValue;

        Assert.Equal(TimeSpan.MaxValue, DedupeNamer.Make(Create().WithName("n").WithDelay(TimeSpan.FromTicks(1)), options, Now)!.Window);
        Assert.Equal(TimeSpan.MaxValue, Name(Create().WithName("n").WithDelay(TimeSpan.MaxValue)).Window);
        Assert.Equal(TimeSpan.MaxValue, Name(Create().OnceInPeriod(TimeSpan.MaxValue).WithDelay(TimeSpan.MaxValue)).Window);
        Assert.Equal(
            DateTimeOffset.MaxValue - Now + TimeSpan.FromHours(24),
            Name(Create().WithName("n").WithSchedule(DateTimeOffset.MaxValue)).Window);
    }

    [Fact]
    public void Make_Mode_IsKept()
    {
        Assert.Equal(DedupeMode.KeepFirst, Name(Create().WithName("n")).Mode);
        Assert.Equal(DedupeMode.ReplacePending, Name(Create().WithName("n", DedupeMode.ReplacePending)).Mode);
        Assert.Equal(DedupeMode.KeepFirst, Name(Create().Unique()).Mode);
    }

    private static void AssertHours(int hours, TaskMessage message) =>
        Assert.Equal(TimeSpan.FromHours(hours), Name(message).Window);

    private static TaskMessage Create() => TestMessages.Create("t", 1);

    private static MessageName Name(TaskMessage message) => DedupeNamer.Make(message, TestMessages.Options(), Now)!;
}
