using ApiWorker;

namespace TaskQ.Example.Tests;

public sealed class LiveScreenTests : IDisposable
{
    private static readonly QueueFigures Shop = new("shop", Added: 100, Running: 5, Done: 45, Retried: 7, Dead: 5, PerSecond: 12.3);
    private static readonly QueueFigures Geocoding = new("geocoding", Added: 0, Running: 0, Done: 0, Retried: 0, Dead: 0, PerSecond: 0);

    private readonly StringWriter _output = new() { NewLine = "\n" };

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Show_WideTerminal_DrawsABarAndTheFiguresOfEachQueue()
    {
        new LiveScreen(_output, () => 120).Show(TimeSpan.FromSeconds(1.5), [Shop, Geocoding]);

        Assert.Equal(
            "shop       [###############...............] 100 added, 5 running, 45 done, 7 retried, 5 dead, 12/s\e[K\n"
            + "geocoding  [..............................] 0 added, 0 running, 0 done, 0 retried, 0 dead, 0/s\e[K\n"
            + "   1.5 s\e[K\n",
            _output.ToString());
    }

    [Fact]
    public void Show_Again_DrawsOverTheFirst()
    {
        var screen = new LiveScreen(_output, () => 120);
        screen.Show(TimeSpan.FromSeconds(1), [Shop, Geocoding]);
        int first = _output.ToString().Length;

        screen.Show(TimeSpan.FromSeconds(2), [Shop, Geocoding]);

        Assert.StartsWith("\e[3Ashop ", _output.ToString()[first..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(70)]
    [InlineData(20)]
    [InlineData(1)]
    public void Show_NarrowTerminal_WrapsNoLine(int width)
    {
        new LiveScreen(_output, () => width).Show(TimeSpan.FromSeconds(1), [Shop]);

        Assert.All(_output.ToString().Split("\e[K\n")[..^1], line => Assert.InRange(line.Length, 0, width - 1));
    }
}
