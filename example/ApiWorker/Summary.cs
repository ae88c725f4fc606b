using System.Globalization;
using TaskQ;

namespace ApiWorker;

/// <summary>The end of the run: a table, and whether its numbers add up.</summary>
internal static class Summary
{
    /// <summary>Writes it.</summary>
    /// <returns>Whether every message that was added ended exactly once or still waits in the queue.</returns>
    public static async Task<bool> WriteAsync(TaskQueue queue, Ledger ledger)
    {
        foreach (DeadLetter letter in await queue.PeekDeadAsync(1000))
        {
            Console.WriteLine($"         dead after {letter.Attempts} attempt(s), {letter.Reason}: {letter.Message.TaskName}, {letter.ErrorMessage}");
            ledger.Died(letter);
        }

        var total = new Tally();
        Console.WriteLine();
        Console.WriteLine("task                added  duplicates  processed  retries  fallbacks  dead");
        foreach ((string task, Tally tally) in ledger.Tallies)
        {
            Console.WriteLine(Row(task, tally));
            total.Add(tally);
        }

        Console.WriteLine(Row("total", total));
        Console.WriteLine();

        QueueCounts counts = await queue.CountAsync();
        long waiting = counts.Ready + counts.Delayed + counts.InFlight;
        ConsumerStats stats = queue.Consumer.Stats;
        bool complete = Check("added and neither ended nor waiting", ledger.Open - waiting, 0)
            & Check("ended twice, or never added", ledger.Surplus, 0)
            & Check("processed, by the consumer's statistics", stats.Processed, total.Processed)
            & Check("failed attempts, by the consumer's statistics", stats.Retries + stats.Failures, total.FailedAttempts);
        string rest = waiting == 0 ? "" : $" {waiting} still wait in the queue.";
        Console.WriteLine(complete ? $"All {total.Added} messages are accounted for.{rest}" : "The numbers don't add up.");
        return complete;
    }

    private static bool Check(string what, long actual, long expected)
    {
        if (actual != expected)
        {
            Console.WriteLine($"{what}: {actual}, expected {expected}");
        }

        return actual == expected;
    }

    private static string Row(string name, Tally tally) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-16} {tally.Added,8} {tally.Duplicates,11} {tally.Processed,10} {tally.Retries,8} {tally.Fallbacks,10} {tally.Dead,5}");
}
