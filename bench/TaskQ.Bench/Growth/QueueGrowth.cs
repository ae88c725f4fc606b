using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Growth;

/// <summary>The same number of messages in 1, 10 and 100 queues of one process, drained at once.</summary>
internal static class QueueGrowth
{
    private const int Messages = 100_000;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private static readonly int[] Counts = [1, 10, 100];

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        var results = new List<BenchResult>();
        foreach (int queues in Counts)
        {
            int n = Math.Max(queues, context.Options.N ?? Messages);
            results.Add(await Rounds.RunAsync(context, $"growth.queues-{queues}", n, count => RoundAsync(context, count, queues)));
        }

        return results;
    }

    private static async Task<Sample> RoundAsync(BenchContext context, int n, int count)
    {
        await using QueueFactory factory = context.CreateFactory();
        var counter = new CompletionCounter(n);
        TaskQueue[] queues = [.. Enumerable.Range(0, count).Select(i => factory.RegisterQueue(new QueueOptions { Name = $"bench-{Guid.NewGuid():N}-{i}" }))];
        for (var i = 0; i < count; i++)
        {
            var task = new NoopTask(queues[i], counter.Handle, context.Options.Typed);
            int from = (int)((long)n * i / count);
            await Backlog.AddAsync(queues[i], (int)((long)n * (i + 1) / count) - from, task.Make);
        }

        RoundMeter meter = await RoundMeter.StartAsync(context);
        await Task.WhenAll(queues.Select(queue => queue.StartAsync()));
        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        await Task.WhenAll(queues.Select(queue => queue.StopAsync(StopTimeout)));
        sample = await meter.WithStoreAsync(sample);
        foreach (TaskQueue queue in queues)
        {
            await StoredCheck.RunAsync(queue, 0);
        }

        return sample;
    }
}
