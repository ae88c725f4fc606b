using System.Globalization;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Model;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>How names are kept: to their ends, and not for long after them.</summary>
public sealed class NameStoreTests(RedisServer server) : IAsyncDisposable
{
    private readonly FrozenClock _clock = new();
    private readonly RedisQueueFactory _factory = new(server.Configuration, new RedisOptions { UseQueueClock = true });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    [Fact]
    public async Task AddAsync_NamesOfAnyWindow_AreTakenToTheirEndsExactly()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        TaskQueue queue = Queue();
        var ends = new Dictionary<int, DateTimeOffset>();
        for (int step = 0; step < 400; step++)
        {
            // Sometimes exactly to the end of a name, or to just before it.
            _clock.Now = random.Next(3) > 0 || ends.Count == 0
                ? _clock.Now + Span(random, 0.001, 100_000)
                : Later(_clock.Now, ends.Values.ElementAt(random.Next(ends.Count)) - TimeSpan.FromMilliseconds(random.Next(2)));
            TimeSpan window = Span(random, 0.002, 1_000_000);
            bool isMixed = random.Next(2) == 0;
            var named = Enumerable.Range(0, random.Next(1, 20))
                .Select(_ => (Key: random.Next(60), Window: isMixed ? Span(random, 0.002, 1_000_000) : window))
                .ToArray();

            AddResult[] results = await queue.Backend.AddRangeAsync(
                named.Select(name => Message(new MessageName((UInt128)name.Key, name.Window, UntilFinished: false, DedupeMode.KeepFirst))).ToArray(), Token);

            for (int i = 0; i < named.Length; i++)
            {
                bool isTaken = ends.TryGetValue(named[i].Key, out DateTimeOffset end) && end > _clock.Now;
                Assert.True(
                    isTaken == (results[i].Status == AddStatus.Duplicate),
                    $"seed {seed}, step {step}: name {named[i].Key} was {results[i].Status} at {_clock.Now:O}, it ends at {end:O}");
                if (!isTaken)
                {
                    ends[named[i].Key] = _clock.Now + named[i].Window;
                }
            }
        }
    }

    [Theory]
    [InlineData("add")]
    [InlineData("fetch")]
    [InlineData("count")]
    public async Task Names_TheirGenerationsAreOver_NothingStaysOfThem(string call)
    {
        var random = new Random(7);
        TaskQueue queue = Queue();
        await Store.AddAsync(
            queue, 1000, n => Message(new MessageName((UInt128)n, Span(random, 1, 1_000_000), UntilFinished: false, DedupeMode.KeepFirst)));
        await queue.Backend.PurgeAsync(Token);
        Assert.InRange((await NameKeysAsync(queue)).Length, 20, 200);

        // A generation is no longer than the windows of its names.
        _clock.Now += TimeSpan.FromSeconds(2_000_000);
        string[] left = call == "add" ? ["q"] : [];
        for (int calls = 0; calls < 200 && !Enumerable.SequenceEqual(left, await NameKeysAsync(queue)); calls++)
        {
            await (call switch
            {
                "add" => Store.AddAsync(queue, 100, _ => Message(Store.UniqueName(1))),
                "fetch" => Store.FetchAsync(queue, 10),
                _ => queue.Backend.CountAsync(Token).AsTask(),
            });
        }

        Assert.Equal(left, await NameKeysAsync(queue));
    }

    [Fact]
    public async Task Unique_EndedOrPurged_NothingStaysOfTheirNames()
    {
        TaskQueue queue = Queue();
        await Store.AddAsync(queue, 900, n => Message(Store.UniqueName(n)));
        await Store.SettleAsync(queue, SettlementKind.Complete, await Store.FetchAsync(queue, 300));
        await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 300));
        Assert.Equal(300, (long)(await (await Probe.AdminAsync(server)).ExecuteAsync("HLEN", Root(queue) + "q")));

        await queue.Backend.PurgeAsync(Token);

        Assert.Empty(await NameKeysAsync(queue));
    }

    [Fact]
    public async Task ReplacePending_WithALongerWindow_TheNameLivesOnInALaterGeneration()
    {
        TaskQueue queue = Queue();
        await AddAsync(TimeSpan.FromSeconds(10), AddStatus.Added);
        await AddAsync(TimeSpan.FromHours(10), AddStatus.Duplicate);

        _clock.Now += TimeSpan.FromHours(9);
        await AddAsync(TimeSpan.FromSeconds(1), AddStatus.Duplicate);
        _clock.Now += TimeSpan.FromHours(1);
        await AddAsync(TimeSpan.FromSeconds(1), AddStatus.Added);

        async Task AddAsync(TimeSpan window, AddStatus expected) => Assert.Equal(
            expected,
            (await queue.Backend.AddAsync(Message(new MessageName(1, window, UntilFinished: false, DedupeMode.ReplacePending), TimeSpan.FromDays(1)), Token)).Status);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>Of any length between two numbers of seconds, short ones as often as long ones, in whole milliseconds.</summary>
    private static TimeSpan Span(Random random, double least, double most) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(1000 * least * Math.Pow(most / least, random.NextDouble())));

    private static string Root(TaskQueue queue) => $"tq:{{{queue.Name}}}:";

    private TaskQueue Queue() => Probe.Queue(_factory, options => options.TimeProvider = _clock);

    private NewMessage Message(MessageName name, TimeSpan delay = default) =>
        new(Guid.CreateVersion7(_clock.Now), new MessageBody(new byte[20]), "t", _clock.Now, delay, null, name);

    /// <summary>What the keys of names are called behind the queue's prefix.</summary>
    private async Task<string[]> NameKeysAsync(TaskQueue queue)
    {
        IDatabase admin = await Probe.AdminAsync(server);
        var page = (RedisResult[])(await admin.ExecuteAsync(
            "SCAN", "0", "MATCH", Root(queue) + "[mquv]*", "COUNT", int.MaxValue.ToString(CultureInfo.InvariantCulture)))!;
        return [.. ((RedisResult[])page[1]!).Select(key => ((string)key!)[Root(queue).Length..])];
    }
}
