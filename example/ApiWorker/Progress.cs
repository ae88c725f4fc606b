using System.Globalization;
using TaskQ;

namespace ApiWorker;

/// <summary>Shows twice a second how the queue is doing.</summary>
internal static class Progress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Shows it until everything is added and nothing waits or runs.</summary>
    public static async Task ShowUntilEmptyAsync(TaskQueue queue, Task adding, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        long start = TimeProvider.System.GetTimestamp();
        var before = TimeSpan.Zero;
        long processedBefore = 0;
        Console.WriteLine("    time     ready  delayed  in flight  workers  processed  per second  retries  failures");
        while (true)
        {
            // In this order: what was added before is counted.
            bool allAdded = adding.IsCompleted;
            QueueCounts counts = await queue.CountAsync(cancellationToken);
            ConsumerStats stats = queue.Consumer.Stats;
            TimeSpan now = TimeProvider.System.GetElapsedTime(start);
            double rate = now > before ? (stats.Processed - processedBefore) / (now - before).TotalSeconds : 0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{now.TotalSeconds,6:F1} s {counts.Ready,9} {counts.Delayed,8} {counts.InFlight,10} {stats.Workers,8} {stats.Processed,10} {rate,11:F0} {stats.Retries,8} {stats.Failures,9}"));
            if (allAdded && counts is { Ready: 0, Delayed: 0, InFlight: 0 })
            {
                return;
            }

            (before, processedBefore) = (now, stats.Processed);
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
