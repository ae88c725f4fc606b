using TaskQ;
using TaskQ.Hosting;

namespace ApiWorker;

/// <summary>Looks at the queues and tells the ledger what died, which no hook sees.</summary>
internal sealed class Monitor(IQueueRegistry registry, Ledger ledger)
{
    private const int MaxDead = 1000;

    private readonly Dictionary<string, (long Time, long Ended)> _before = [];
    private readonly Dictionary<string, long> _dead = [];

    /// <summary>The figures of each queue.</summary>
    public async Task<IReadOnlyList<QueueFigures>> LookAsync(CancellationToken cancellationToken)
    {
        var figures = new List<QueueFigures>();
        foreach (TaskQueue queue in registry.Queues)
        {
            await BookDeadAsync(queue, cancellationToken);
            Tally sums = ledger.OfQueue(queue.Name);
            ConsumerStats stats = queue.Consumer.Stats;
            long ended = sums.Processed + sums.Fallbacks + sums.Dead;
            figures.Add(new QueueFigures(
                queue.Name, sums.Added, stats.InFlight, sums.Processed + sums.Fallbacks, stats.Retries, sums.Dead, Rate(queue.Name, ended)));
        }

        return figures;
    }

    private double Rate(string queue, long ended)
    {
        long now = TimeProvider.System.GetTimestamp();
        (long time, long endedBefore) = _before.TryGetValue(queue, out var before) ? before : (now, ended);
        _before[queue] = (now, ended);
        double seconds = TimeProvider.System.GetElapsedTime(time, now).TotalSeconds;
        return seconds > 0 ? (ended - endedBefore) / seconds : 0;
    }

    /// <summary>Reads the dead letters when their number has changed.</summary>
    private async Task BookDeadAsync(TaskQueue queue, CancellationToken cancellationToken)
    {
        long count = (await queue.CountAsync(cancellationToken)).Dead;
        if (_dead.TryGetValue(queue.Name, out long known) && known == count)
        {
            return;
        }

        IReadOnlyList<DeadLetter> letters = count == 0 ? [] : await queue.PeekDeadAsync(MaxDead, cancellationToken);
        foreach (DeadLetter letter in letters)
        {
            ledger.Died(letter);
        }

        _dead[queue.Name] = count;
    }
}
