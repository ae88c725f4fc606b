using TaskQ.Backend.Wait;
using TaskQ.Memory.Testing;
using TaskQ.Memory.Tests;
using Xunit;

namespace TaskQ.Tests.Backend.Wait;

public sealed class WaitRoomTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task WaitAsync_NothingComes_PollsLessAndLessOftenWithinAFifthOfEachPause()
    {
        int[] pauses = [1, 2, 4, 5, 5, 5];
        var seen = pauses.Select(static _ => new List<double>()).ToArray();
        for (int run = 0; run < 50; run++)
        {
            var clock = new ManualTimeProvider();
            await using var room = new WaitRoom(clock, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
            foreach (List<double> waits in seen)
            {
                Task<WaitEnd> wait = room.WaitAsync(Timeout.InfiniteTimeSpan, room.Wakes, TestContext.Current.CancellationToken).AsTask();
                TimeSpan pause = clock.NextTimer!.Value;
                clock.Advance(pause);
                Assert.Equal(WaitEnd.Woken, await wait.WaitAsync(Patience));
                waits.Add(pause.TotalSeconds);
            }
        }

        Assert.All(pauses.Zip(seen), static pair => Assert.All(pair.Second, wait => Assert.InRange(wait, 0.8 * pair.First, (1.2 * pair.First) + 0.001)));

        // No two processes poll in step.
        Assert.All(seen, static waits => Assert.True(waits.Distinct().Count() > 10, "the pauses don't differ"));
    }

    [Fact]
    public async Task WaitAsync_ThreadStoodStillWhileItArmedTheTimer_OverduePollComesWithTheNextWait()
    {
        var clock = new LateClock();
        await using var room = new WaitRoom(clock, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        clock.Late = TimeSpan.FromHours(1);
        Task<WaitEnd> first = WaitAsync();

        Task<WaitEnd> second = WaitAsync();

        Assert.Equal(WaitEnd.Woken, await first.WaitAsync(Patience));
        Assert.False(second.IsCompleted);

        Task<WaitEnd> WaitAsync() => room.WaitAsync(TimeSpan.FromHours(2), room.Wakes, TestContext.Current.CancellationToken).AsTask();
    }
}
