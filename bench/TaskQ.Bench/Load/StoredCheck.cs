namespace TaskQ.Bench.Load;

/// <summary>Checks that what was added is in the store.</summary>
internal static class StoredCheck
{
    /// <exception cref="BenchException">There are more or fewer messages.</exception>
    public static async Task RunAsync(TaskQueue queue, int expected)
    {
        QueueCounts counts = await queue.CountAsync();
        if (counts.Ready + counts.Delayed != expected)
        {
            throw new BenchException($"{expected} messages were added, but the queue holds {counts}.");
        }
    }
}
