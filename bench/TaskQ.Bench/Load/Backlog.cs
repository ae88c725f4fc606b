namespace TaskQ.Bench.Load;

/// <summary>Fills a queue before the clock starts.</summary>
internal static class Backlog
{
    private const int BatchSize = 10_000;

    /// <summary>Adds messages in batches.</summary>
    public static async Task AddAsync(TaskQueue queue, int n, Func<int, TaskMessage> make)
    {
        for (var from = 0; from < n; from += BatchSize)
        {
            await queue.AddRangeAsync(Enumerable.Range(from, Math.Min(BatchSize, n - from)).Select(make));
        }
    }
}
