using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>Sixteen producers and the consumer at once: from the first add to the last handler.</summary>
internal sealed class RoundtripScenario : IScenario
{
    private const double ReferenceTarget = 2_500_000;
    private const double ChannelShare = 0.2;
    private const double EncodedTarget = 1_000_000;

    public string Name => "roundtrip";

    public string Description => "16 producers and the consumer at once, from the first add to the last handler";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        BenchResult result = await Rounds.RunAsync(context, Name, context.N(2_000_000), n => RoundAsync(context, n), (await context.BareStoreAsync()).AddAndTake);
        if (context.IsMemory)
        {
            double bound = context.Options.Encoded ? EncodedTarget : ReferenceTarget;
            Target rate = new(string.Create(CultureInfo.InvariantCulture, $">= {bound:N0}/s"), result.PerSecond >= bound);
            Target share = new(">= 20 % of the channel", result.BaselineShare >= ChannelShare);
            result = result with { Target = context.Options.Encoded ? rate : Target.All(rate, share) };
        }

        return [result];
    }

    private static async Task<Sample> RoundAsync(BenchContext context, int n)
    {
        await using BenchQueue bench = context.OpenPair();
        await bench.ConnectAsync();
        TaskQueue queue = bench.Queue;
        var counter = new CompletionCounter(n);
        var task = new NoopTask(queue, counter.Handle, context.Options.Typed);
        NoopTask produced = bench.ProducerTask(task, context.Options.Typed);
        await queue.StartAsync();
        RoundMeter meter = await RoundMeter.StartAsync(context);
        Task producing = Producers.RunAsync(n, i => bench.Producer.AddAsync(produced.Make(i)));
        await producing;
        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        await bench.StopAndCheckAsync(counter);
        return await meter.WithStoreAsync(sample);
    }
}
