using TaskQ.Solution.Tests.Documentation.Snippets;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>The first code that a reader tries.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task Quickstart_Run_GreetsWhatIsDueAndKeepsTheRest()
    {
        await using var output = new StringWriter();

        QueueCounts counts = await Quickstart.RunAsync(TextWriter.Synchronized(output)).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(
            ["Hello Moon", "Hello World"],
            output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal(new QueueCounts(Ready: 0, Delayed: 1, InFlight: 0, Dead: 0), counts);
    }
}
