using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Growth;

/// <summary>Draining a backlog of ten thousand and of a million, and what the store keeps for each waiting message of 100 bytes.</summary>
internal static class BacklogGrowth
{
    private const int PayloadBytes = 100;
    private const double MostBytes = 300;
    private static readonly int[] Backlogs = [10_000, 1_000_000];

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        var results = new List<BenchResult>();
        foreach (int backlog in Backlogs)
        {
            int n = Math.Min(backlog, context.Options.N ?? backlog);
            var kept = new List<double>();
            BenchResult result = await Rounds.RunAsync(context, $"growth.backlog-{n}", n, count => RoundAsync(context, count, n, kept));
            if (kept.Count > 0)
            {
                double bytes = Median.Of(kept);
                string note = string.Create(CultureInfo.InvariantCulture, $"{result.Scenario}: the store keeps {bytes:N0} B per waiting message");
                result = result with { Notes = [note], Target = new Target($"<= {MostBytes} B kept", bytes <= MostBytes) };
            }

            results.Add(result);
        }

        return results;
    }

    private static async Task<Sample> RoundAsync(BenchContext context, int count, int n, List<double> kept)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        var counter = new CompletionCounter(count);
        var payload = new byte[PayloadBytes];
        new Random(count).NextBytes(payload);
        TaskDefinition task = bench.Queue.RegisterTask("payload", (byte[] bytes, int number) => counter.Handle("", bytes.Length + number));
        double? before = context.Store is null ? null : await context.Store.ReadBytesAsync();
        await Backlog.AddAsync(bench.Queue, count, i => task.WithArgs(payload, i));
        if (count == n && before is not null && await context.Store!.ReadBytesAsync() - before is { } bytes)
        {
            kept.Add(bytes / n);
        }

        RoundMeter meter = await RoundMeter.StartAsync(context);
        await bench.Queue.StartAsync();
        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        await bench.StopAndCheckAsync(counter);
        return await meter.WithStoreAsync(sample);
    }
}
