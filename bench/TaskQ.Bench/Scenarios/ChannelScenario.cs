using System.Threading.Channels;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>The baseline of <c>roundtrip</c>: the same producers and handler over a bare channel.</summary>
internal sealed class ChannelScenario : IScenario
{
    public string Name => "channel";

    public string Description => "baseline of roundtrip: 16 producers, a bare unbounded channel, one reader";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        BenchResult result = await Rounds.RunAsync(context, Name, context.Options.N ?? 2_000_000, RoundAsync);
        return [result with { Backend = "none" }];
    }

    private static async Task<Sample> RoundAsync(int n)
    {
        var channel = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
        var counter = new CompletionCounter(n);
        Action<string, int> handler = counter.Handle;
        Task reading = Task.Run(() => ReadAsync(channel.Reader, handler));
        Meter meter = Meter.Start();
        await Producers.RunAsync(n, i => channel.Writer.WriteAsync(new Item(NoopTask.Text, i)).AsTask());
        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        channel.Writer.Complete();
        await reading;
        return sample;
    }

    private static async Task ReadAsync(ChannelReader<Item> reader, Action<string, int> handler)
    {
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out Item? item))
            {
                handler(item.Text, item.Number);
            }
        }
    }

    private sealed record Item(string Text, int Number);
}
