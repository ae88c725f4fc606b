using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Growth;

/// <summary>Adding and draining messages whose argument has 100 bytes, 10 KB and 1 MB that can't be compressed.</summary>
internal static class PayloadGrowth
{
    // As many messages of each as make some hundred megabytes, and no more than are added in a second or so.
    private static readonly (string Name, int Bytes, int Most)[] Sizes = [("100B", 100, 200_000), ("10KB", 10_000, 20_000), ("1MB", 900_000, 200)];

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        var results = new List<BenchResult>();
        foreach ((string name, int bytes, int most) in Sizes)
        {
            int n = Math.Min(most, context.Options.N ?? most);
            var payload = new byte[bytes];
            new Random(bytes).NextBytes(payload);
            foreach (bool drains in new[] { false, true })
            {
                string part = $"growth.{(drains ? "drain" : "add")}-{name}";
                BenchResult result = await Rounds.RunAsync(context, part, n, count => RoundAsync(context, payload, count, drains));
                string rate = string.Create(CultureInfo.InvariantCulture, $"{part}: {result.PerSecond * bytes / 1e6:N1} MB/s of payload");
                results.Add(result with { Notes = [rate] });
            }
        }

        return results;
    }

    private static async Task<Sample> RoundAsync(BenchContext context, byte[] payload, int n, bool drains)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        var counter = new CompletionCounter(n);
        TaskDefinition task = bench.Queue.RegisterTask("payload", (byte[] bytes, int number) => counter.Handle("", bytes.Length + number));
        RoundMeter meter = await RoundMeter.StartAsync(context);
        await Producers.RunAsync(n, i => bench.Queue.AddAsync(task.WithArgs(payload, i)));
        Sample sample = await meter.WithStoreAsync(meter.Stop());
        if (drains)
        {
            meter = await RoundMeter.StartAsync(context);
            await bench.Queue.StartAsync();
            await counter.WaitAsync();
            sample = meter.Stop(counter.EndTimestamp);
            await bench.StopAndCheckAsync(counter);
            sample = await meter.WithStoreAsync(sample);
        }

        return sample;
    }
}
