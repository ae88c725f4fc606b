using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskQ.Solution.Tests.Documentation.Snippets;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>The snippets that show a result have it.</summary>
public sealed class SnippetRunTests
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

    [Fact]
    public void Hosting_Built_HasTheQueueAndItsTasks()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        HostedQueue.Describe(builder);

        using IHost host = builder.Build();

        TaskQueue queue = host.Services.GetRequiredService<TaskQueue>();
        Assert.Equal(("main", 64), (queue.Name, queue.Options.MaxWorkers));
        Assert.Equal(["greeting", "welcome"], queue.Tasks.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Testing_Run_SendsTheMailWhenItIsDue()
    {
        int mails = await Testing
            .RunAsync((welcome, queue) => queue.AddAsync(welcome.WithArgs("ada").WithDelay(TimeSpan.FromHours(1))))
            .WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(1, mails);
    }
}
