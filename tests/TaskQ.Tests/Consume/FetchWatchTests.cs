using TaskQ.Consume;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class FetchWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Unanswered_AsksInVain_GrowsFromTheFirst()
    {
        var watch = new FetchWatch(_clock);
        Assert.Equal((null, TimeSpan.Zero), (watch.Age, watch.Unanswered));

        watch.Ask();
        _clock.Advance(2 * Second);
        watch.Ask();
        _clock.Advance(Second);

        Assert.Equal((null, 3 * Second), (watch.Age, watch.Unanswered));
    }

    [Fact]
    public void Unanswered_AfterAnAnswer_IsZeroUntilTheNextAsk()
    {
        var watch = new FetchWatch(_clock);
        watch.Ask();
        _clock.Advance(Second);
        watch.Answer();
        _clock.Advance(5 * Second);
        Assert.Equal((5 * Second, TimeSpan.Zero), (watch.Age, watch.Unanswered));

        watch.Ask();
        _clock.Advance(Second);
        Assert.Equal((6 * Second, Second), (watch.Age, watch.Unanswered));
    }
}
