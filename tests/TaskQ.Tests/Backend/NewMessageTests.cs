using TaskQ.Backend;
using Xunit;

namespace TaskQ.Tests.Backend;

public sealed class NewMessageTests
{
    [Fact]
    public void KeepsId_WithAndWithoutAName_IsBesideTheNameOnly()
    {
        var bare = new NewMessage(Guid.CreateVersion7(), default, "t", DateTimeOffset.UnixEpoch, TimeSpan.Zero, null, null);
        NewMessage named = bare with { Name = MessageName.OfId(bare.Id) };

        Assert.False((bare with { KeepsId = true }).KeepsId);
        Assert.False(named.KeepsId);
        Assert.True((named with { KeepsId = true }).KeepsId);
        Assert.False((named with { KeepsId = true } with { Name = null }).KeepsId);
    }
}
