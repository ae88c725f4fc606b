using TaskQ.Backend.Wait;
using TaskQ.Memory.Tests;
using Xunit;

namespace TaskQ.Tests.Backend.Wait;

public sealed class WaitRoomTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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
