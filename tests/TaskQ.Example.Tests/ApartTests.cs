using TaskQ.Example.Tests.Processes;

namespace TaskQ.Example.Tests;

/// <summary>The API and the worker as two processes that are told nothing.</summary>
public sealed class ApartTests : IDisposable
{
    private const int Emails = 30;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("taskq-apart-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ApiAndWorker_WithoutOptions_ShareTheFileOfTheirFolder()
    {
        await using var api = await ExampleApi.StartBareAsync(_folder.FullName);
        for (int i = 0; i < Emails; i++)
        {
            await api.AddAsync("email", new { to = $"customer-{i}@example.org", subject = "Your order" });
        }

        await api.AddAsync("locate", new { address = "1 High Street" });
        Assert.Equal((Emails, 1), (await api.OpenAsync("shop"), await api.OpenAsync("geocoding")));

        await using var worker = ExampleProcess.Start("Worker", [], folder: _folder.FullName);
        await Wait.UntilAsync(
            async () => await api.OpenAsync("shop") + await api.OpenAsync("geocoding") == 0, () => $"the worker has done all. It wrote:\n{worker.Output}");

        Assert.Equal(0, (await api.QueueAsync("shop")).GetProperty("dead").GetInt64());
        Assert.Contains("queue.db", _folder.EnumerateFiles().Select(static file => file.Name));
        Assert.Equal(0, await worker.StopAsync());
    }

    [Theory]
    [InlineData("Api")]
    [InlineData("Worker")]
    public async Task Start_OptionThatIsUnknown_TellsTheDefaultAndTheStores(string project)
    {
        await using var process = ExampleProcess.Start(project, ["--nope"], folder: _folder.FullName);

        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains("Without options the queues are in queue.db", process.Output, StringComparison.Ordinal);
        foreach (string store in new[] { "sqlite", "redis", "sqs" })
        {
            Assert.Contains(store, process.Output, StringComparison.Ordinal);
        }
    }
}
