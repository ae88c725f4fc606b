using TaskQ.Redis.Store;

namespace TaskQ.Redis.Tests;

/// <summary>How many messages a fetch asks for.</summary>
public sealed class FetchSizeTests
{
    private const int Kilobyte = 1024;
    private readonly FetchSize _size = new();

    [Fact]
    public void Of_NothingKnown_IsWhatIsWanted() => Assert.Equal(500, _size.Of(500));

    [Fact]
    public void Of_SmallMessages_GrowsToWhatIsWanted()
    {
        for (int i = 0; i < 30; i++)
        {
            _size.Note(10, 10 * 100);
        }

        Assert.Equal(500, _size.Of(500));
    }

    [Theory]
    [InlineData(1024, 4)]
    [InlineData(2048, 2)]
    [InlineData(100 * 1024, 1)]
    public void Of_LargeMessages_IsWhatFourMegabytesHold(int kilobytes, int expected)
    {
        _size.Note(3, 3L * kilobytes * Kilobyte);

        Assert.Equal(expected, _size.Of(500));
    }

    [Fact]
    public void Of_FewAreWanted_IsNotMore() => Assert.Equal(3, _size.Of(3));

    [Fact]
    public void Note_ALargeMessageAmongSmallOnes_CountsAtOnceAndFadesAway()
    {
        for (int i = 0; i < 30; i++)
        {
            _size.Note(100, 100 * 100);
        }

        _size.Note(1, 2048 * Kilobyte);
        Assert.Equal(2, _size.Of(500));

        _size.Note(2, 2 * 100);
        Assert.Equal(2, _size.Of(500));
        for (int i = 0; i < 40; i++)
        {
            _size.Note(2, 2 * 100);
        }

        Assert.Equal(500, _size.Of(500));
    }
}
