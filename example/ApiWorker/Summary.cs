using System.Globalization;
using TaskQ;
using TaskQ.Hosting;

namespace ApiWorker;

/// <summary>The end of the run: a table, and whether its numbers add up.</summary>
internal static class Summary
{
    /// <summary>Writes it.</summary>
    /// <returns>Whether every message that was added ended exactly once or still waits in the queue.</returns>
    public static async Task<bool> WriteAsync(TextWriter output, IQueueRegistry registry, Monitor monitor, Ledger ledger)
    {
        await monitor.LookAsync(CancellationToken.None);
        var total = new Tally();
        output.WriteLine();
        output.WriteLine("task              added  duplicates  processed  retries  fallbacks  dead");
        foreach ((string task, Tally tally) in ledger.ByTask())
        {
            output.WriteLine(Row(task, tally));
            total += tally;
        }

        output.WriteLine(Row("total", total));
        output.WriteLine();

        long waiting = 0;
        long processed = 0;
        long failed = 0;
        foreach (TaskQueue queue in registry.Queues)
        {
            QueueCounts counts = await queue.CountAsync();
            waiting += counts.Ready + counts.Delayed + counts.InFlight;
            ConsumerStats stats = queue.Consumer.Stats;
            processed += stats.Processed;
            failed += stats.Retries + stats.Failures;
        }

        // Others may share the store: their messages ran here too, and wait there too.
        Tally all = ledger.OfAll();
        bool complete = Check(output, "added and neither ended nor waiting", Math.Max(0, ledger.Open - waiting), 0)
            & Check(output, "ended twice", ledger.EndedAgain(), 0)
            & Check(output, "processed, by the consumers' statistics", processed, all.Processed)
            & Check(output, "failed attempts, by the consumers' statistics", failed, all.FailedAttempts);
        string rest = ledger.Open == 0 ? "" : $" {ledger.Open} of them still wait.";
        string foreign = ledger.Foreign() == 0 ? "" : $" {ledger.Foreign()} of others ran here too.";
        output.WriteLine(complete ? $"All {total.Added} messages are accounted for.{rest}{foreign}" : "The numbers don't add up.");
        return complete;
    }

    private static bool Check(TextWriter output, string what, long actual, long expected)
    {
        if (actual != expected)
        {
            output.WriteLine($"{what}: {actual}, expected {expected}");
        }

        return actual == expected;
    }

    private static string Row(string name, Tally tally) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-14} {tally.Added,8} {tally.Duplicates,11} {tally.Processed,10} {tally.Retries,8} {tally.Fallbacks,10} {tally.Dead,5}");
}
