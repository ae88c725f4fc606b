using System.Security.Cryptography;

namespace TaskQ.Conformance;

/// <summary>Large, many and hostile contents.</summary>
public abstract class Payloads(BackendFixture fixture) : ConformanceTest(fixture)
{
    private const int Large = 100_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddRangeAsync_TwoHundredLargePayloads_ArriveIntact(bool compressible)
    {
        var queue = Queue();
        var size = Math.Min(Large, Backend(queue).Capabilities.MaxMessageSize / 2);
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (int n, byte[] data, string text, TaskContext c) =>
            runs.Add(c, (n, Convert.ToHexString(SHA256.HashData(data)), text.Length)));
        var random = new Random(5);
        var payloads = Enumerable.Range(0, 200).Select(n =>
        {
            var data = new byte[size];
            if (compressible)
            {
                data.AsSpan().Fill((byte)n);
            }
            else
            {
                random.NextBytes(data);
            }

            return data;
        }).ToArray();
        await queue.StartAsync(Token);

        var results = await queue.AddRangeAsync(payloads.Select((data, n) => task.WithArgs(n, data, new string('é', n))), Token);

        await runs.WaitAsync(200);
        await EmptyAsync(queue);
        Assert.Equal(200, results.Select(result => result.Id).Distinct().Count());
        var expected = payloads.Select((data, n) => (n, Convert.ToHexString(SHA256.HashData(data)), n)).ToHashSet();
        Assert.Equal(expected, runs.Runs.Select(run => ((int, string, int))run.Value!).ToHashSet());
        Assert.Equal(200, runs.Count);
    }

    [Fact]
    public async Task AddAsync_AMebibyteOfNoise_ArrivesIntact()
    {
        const int Size = 1 << 20;
        var queue = Queue();
        Require(Backend(queue).Capabilities.MaxMessageSize > Size + 1000, "The store's messages are smaller.");
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (byte[] data, TaskContext c) => runs.Add(c, Convert.ToHexString(SHA256.HashData(data))));
        var random = new Random(6);
        var payloads = Enumerable.Range(0, 4).Select(_ => new byte[Size]).ToArray();
        Array.ForEach(payloads, random.NextBytes);
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs(payloads[0]), Token);
        await queue.AddRangeAsync(payloads[1..].Select(data => task.WithArgs(data)), Token);

        await runs.WaitAsync(4);
        await EmptyAsync(queue);
        Assert.Equal(
            payloads.Select(data => Convert.ToHexString(SHA256.HashData(data))).Order(),
            runs.Runs.Select(run => (string)run.Value!).Order());
    }

    [Fact]
    public async Task AddAsync_TooLarge_IsRefusedBeforeItIsStored()
    {
        // D14, S8: refused where the caller sees it, its name not taken.
        var queue = Queue(options => options.MaxMessageSize = 10_000);
        Require(!Backend(queue).Capabilities.PassesReferences, "Nothing is encoded here, so nothing has a size.");
        Require(Backend(queue).Capabilities.Names, "The store keeps no names.");
        var task = queue.RegisterTask("t", (byte[] _) => { });

        var error = await Assert.ThrowsAsync<PayloadException>(() => queue.AddAsync(task.WithArgs(new byte[10_001]).WithName("n"), Token));
        await Assert.ThrowsAsync<PayloadException>(() => queue.AddRangeAsync([task.WithArgs(new byte[1]), task.WithArgs(new byte[20_000])], Token));

        Assert.Contains("10000", error.Message.Replace(",", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await CountsAsync(queue);
        Assert.False((await queue.AddAsync(task.WithArgs(new byte[9_000]).WithName("n"), Token)).IsDuplicate);
        await CountsAsync(queue, ready: 1);
    }

    [Fact]
    public async Task HostileNamesAndHeaders_ArriveAsTheyAre()
    {
        string[] texts =
        [
            "'; DROP TABLE messages; --", "{queue}", "a:b:c", "*?[x]", "$(id)", "<script>", "\U0001F600é", "%s%n", "\\", "\"", " lead and trail ",
            new string('x', 200),
        ];
        var queue = Queue();
        Require(Backend(queue).Capabilities.Names, "The store keeps no names.");
        var runs = NewRecorder();
        var tasks = texts.Select(text => queue.RegisterTask(text, (string argument, TaskContext c) =>
            runs.Add(c, (c.Message.TaskName, argument, c.Message.Headers["h"], c.Message.Headers.ContainsKey(text))))).ToArray();
        await queue.StartAsync(Token);

        await queue.AddRangeAsync(
            texts.Select((text, n) => tasks[n].WithArgs(text + "\0\r\n").WithHeader("h", text + "\r\nx: y").WithHeader(text, "v").WithName(text)),
            Token);

        await runs.WaitAsync(texts.Length);
        await EmptyAsync(queue);
        Assert.Equal(
            texts.Select(text => (text, text + "\0\r\n", text + "\r\nx: y", true)).ToHashSet(),
            runs.Runs.Select(run => ((string, string, string, bool))run.Value!).ToHashSet());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a{b}")]
    [InlineData("é")]
    [InlineData("a\n")]
    public void RegisterQueue_HostileName_IsRefused(string name) =>
        Assert.ThrowsAny<ArgumentException>(() => Queue(options => options.Name = name));

    [Fact]
    public void RegisterQueue_LongestName_IsTaken()
    {
        Require(Fixture.TakesAnyName, "The store allows fewer names.");
        var name = UniqueName() + "._-";

        Assert.Equal(80, Queue(options => options.Name = name.PadRight(80, 'Z')).Name.Length);
        Assert.ThrowsAny<ArgumentException>(() => Queue(options => options.Name = name.PadRight(81, 'Z')));
    }

    [Fact]
    public async Task EmptyPayloads_Arrive()
    {
        var queue = Queue();
        var runs = NewRecorder();
        var task = queue.RegisterTask("t", (string a, byte[] b, int[] c, Dictionary<string, string> d) => runs.Add((a, b.Length, c.Length, d.Count)));
        await queue.StartAsync(Token);

        await queue.AddAsync(task.WithArgs("", Array.Empty<byte>(), Array.Empty<int>(), new Dictionary<string, string>()), Token);

        await runs.WaitAsync(1);
        Assert.Equal(("", 0, 0, 0), runs.Runs[0].Value);
    }
}
