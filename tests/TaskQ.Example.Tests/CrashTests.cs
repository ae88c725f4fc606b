using TaskQ.Example.Tests.Processes;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Example.Tests;

/// <summary>The three terminals of the README, and a worker that is killed.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private const int Thumbnails = 400;

    private RedisServer _server = null!;

    private string[] Redis => ["--redis", _server.Configuration];

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("redis")]
    [InlineData("sqlite")]
    public async Task Worker_KilledInTheMiddle_NothingIsLost(string backend)
    {
        using var records = new RunRecords();
        string[] storage = backend == "redis" ? Redis : ["--backend", "sqlite", "--file", Path.Combine(Directory.CreateDirectory(Path.Combine(records.Folder, "store")).FullName, "queue.db")];
        await using var api = await ExampleApi.StartAsync(storage);
        var ids = new List<Guid>();
        for (int i = 0; i < Thumbnails; i++)
        {
            ids.Add((await api.AddAsync("thumbnail", new { file = $"{i}.png", width = 1920, height = 1080, size = 64 })).Id);
        }

        // Two workers take 8 s for that, so there is time to kill them.
        await using (var first = Worker(storage, records, new() { ["TaskQ__Queues__shop__MaxWorkers"] = "2", ["TaskQ__Queues__shop__LeaseDuration"] = "00:00:02" }))
        {
            await Wait.UntilAsync(() => records.Of('E').Count >= 20, () => $"20 runs end. The worker wrote:\n{first.Output}");
            await first.KillAsync(() => Broken(records, first).Count > 0);
            int ended = records.Of('E').Count;
            Assert.True(ended < Thumbnails, $"{ended} runs had ended before the kill; it came too late.");

            // What ran when it died.
            List<Guid> broken = Broken(records, first);
            Assert.NotEmpty(broken);

            // The API goes on.
            for (int i = 0; i < 10; i++)
            {
                ids.Add((await api.AddAsync("email", new { to = $"customer-{i}@example.org", subject = "Your order" })).Id);
                ids.Add((await api.AddAsync("charge", new { customer = $"customer-{i}", amount = 19.99 })).Id);
                ids.Add((await api.AddAsync("locate", new { address = $"{i} High Street" })).Id);
            }

            await using var second = Worker(storage, records);
            await Wait.UntilAsync(() => Missing(ids, records).Count == 0, () => $"all run. {Missing(ids, records).Count} are missing.");
            await Wait.UntilAsync(async () => await api.OpenAsync("shop") + await api.OpenAsync("geocoding") == 0, () => "the queues are empty.");
            Assert.Equal(0, (await api.QueueAsync("shop")).GetProperty("dead").GetInt64());

            Assert.Equal(broken.Order(), records.Of('S', second.Id).Where(run => run.Attempt > 1).Select(run => run.Id).Intersect(broken).Order());
            Assert.Equal(ids.Order(), records.Of('E').Select(run => run.Id).Distinct().Order());
            Assert.Equal(0, await second.StopAsync());
        }
    }

    [Fact]
    public async Task Worker_WithFallbackAndDeadLetter_ShowsBoth()
    {
        using var records = new RunRecords();
        await using var api = await ExampleApi.StartAsync(_server.Configuration);
        await using var worker = Worker(Redis, records);

        (Guid charge, _) = await api.AddAsync("charge", new { customer = "bob", amount = 1999 });
        (Guid import, _) = await api.AddAsync("import", new { list = "https://example.org/prices.csv" });

        await worker.WritesAsync("bob is not charged 1999: the card of bob does not cover 1999");
        await Wait.UntilAsync(async () => await api.OpenAsync("shop") == 0, () => "the queue is empty.");
        Assert.Equal([1, 2, 3], records.Of('F').Where(run => run.Id == charge).Select(run => run.Attempt));
        var letter = Assert.Single((await api.QueueAsync("shop")).GetProperty("deadLetters").EnumerateArray());
        Assert.Equal(import, letter.GetProperty("id").GetGuid());
        Assert.Equal("retry skipped", letter.GetProperty("reason").GetString());
        Assert.Equal("https://example.org/prices.csv does not exist", letter.GetProperty("error").GetString());
    }

    private static List<Guid> Broken(RunRecords records, ExampleProcess worker) =>
        [.. records.Of('S', worker.Id).Select(run => run.Id).Except(records.Of('E', worker.Id).Select(run => run.Id))];

    private static List<Guid> Missing(List<Guid> ids, RunRecords records) => [.. ids.Except(records.Of('E').Select(run => run.Id))];

    private static ExampleProcess Worker(string[] storage, RunRecords records, Dictionary<string, string>? environment = null) =>
        ExampleProcess.Start("Worker", [.. storage, "--record", records.Folder], environment);
}
