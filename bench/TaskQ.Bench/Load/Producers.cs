namespace TaskQ.Bench.Load;

/// <summary>Producers that run at the same time on the thread pool.</summary>
internal static class Producers
{
    /// <summary>How many the concurrent scenarios have.</summary>
    public const int Count = 16;

    // An add that completes at once never lets go of its thread, so without this the first producers would run
    // to their end, one after the other, and the consumer would start when they are done.
    private const int AddsPerTurn = 64;

    /// <summary>Shares the numbers from 0 to n - 1 out and runs an add for each.</summary>
    public static Task RunAsync(int n, Func<int, Task> addAsync)
    {
        var producers = new Task[Count];
        for (var p = 0; p < Count; p++)
        {
            var from = (int)((long)n * p / Count);
            var to = (int)((long)n * (p + 1) / Count);
            producers[p] = Task.Run(() => ProduceAsync(from, to, addAsync));
        }

        return Task.WhenAll(producers);
    }

    private static async Task ProduceAsync(int from, int to, Func<int, Task> addAsync)
    {
        for (int i = from; i < to; i++)
        {
            await addAsync(i);
            if (i % AddsPerTurn == 0)
            {
                await Task.Yield();
            }
        }
    }
}
