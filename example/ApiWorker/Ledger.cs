using TaskQ;

namespace ApiWorker;

/// <summary>Books what was added and what became of it, so that the end of the run can prove that nothing was lost.</summary>
/// <remarks>As a hook it wraps every handler. It sees messages of others too, when the store has some; they are booked apart.</remarks>
internal sealed class Ledger : IConsumerHook
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LedgerEntry> _entries = [];
    private readonly Dictionary<string, long> _duplicates = [];
    private long _open;

    /// <summary>Messages of this run that have not ended.</summary>
    public long Open
    {
        get
        {
            lock (_lock)
            {
                return _open;
            }
        }
    }

    /// <summary>Books an add.</summary>
    public void Added(string queue, string task, Guid id, bool isDuplicate)
    {
        lock (_lock)
        {
            if (isDuplicate)
            {
                _duplicates[task] = _duplicates.GetValueOrDefault(task) + 1;
                return;
            }

            LedgerEntry entry = Entry(queue, task, id);
            entry.IsOwn = true;
            _open += entry.Ends == 0 ? 1 : 0;
        }
    }

    /// <summary>Books a message that its fallback handler took.</summary>
    public void FellBack(TaskMessage message)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(message.Id, out LedgerEntry? entry))
            {
                End(entry);
                entry.Fallbacks++;
            }
        }
    }

    /// <summary>Books a dead letter, once.</summary>
    public void Died(DeadLetter letter)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(letter.Message.Id, out LedgerEntry? entry) && entry.Dead == 0)
            {
                End(entry);
                entry.Dead++;
            }
        }
    }

    /// <inheritdoc/>
    public async Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.CancellationToken.IsCancellationRequested || error is not OperationCanceledException)
        {
            lock (_lock)
            {
                Entry(context.Queue.Name, context.Message.TaskName, context.Message.Id).FailedAttempts++;
            }

            throw;
        }

        lock (_lock)
        {
            LedgerEntry entry = Entry(context.Queue.Name, context.Message.TaskName, context.Message.Id);
            End(entry);
            entry.Processed++;
        }
    }

    /// <summary>The sums of this run's messages, by task.</summary>
    public SortedDictionary<string, Tally> ByTask()
    {
        lock (_lock)
        {
            var sums = new SortedDictionary<string, Tally>(
                _entries.Values.Where(entry => entry.IsOwn).GroupBy(entry => entry.Task).ToDictionary(group => group.Key, Sum),
                StringComparer.Ordinal);
            foreach ((string task, long count) in _duplicates)
            {
                sums[task] = sums.GetValueOrDefault(task) with { Duplicates = count };
            }

            return sums;
        }
    }

    /// <summary>The sums of this run's messages in a queue.</summary>
    public Tally OfQueue(string queue) => SumOf(entry => entry.IsOwn && entry.Queue == queue);

    /// <summary>The sums of all messages that ran here, whoever added them.</summary>
    public Tally OfAll() => SumOf(_ => true);

    /// <summary>How many messages ended here that others had added.</summary>
    public long Foreign() => Count(entry => !entry.IsOwn);

    /// <summary>How many of this run's messages ended more than once.</summary>
    public long EndedAgain() => Count(entry => entry.IsOwn && entry.Ends > 1);

    private static Tally Sum(IEnumerable<LedgerEntry> entries) => entries.Aggregate(new Tally(), (sum, entry) => sum + entry.ToTally());

    private Tally SumOf(Func<LedgerEntry, bool> filter)
    {
        lock (_lock)
        {
            return Sum(_entries.Values.Where(filter));
        }
    }

    private long Count(Func<LedgerEntry, bool> filter)
    {
        lock (_lock)
        {
            return _entries.Values.LongCount(filter);
        }
    }

    private LedgerEntry Entry(string queue, string task, Guid id)
    {
        if (!_entries.TryGetValue(id, out LedgerEntry? entry))
        {
            _entries.Add(id, entry = new LedgerEntry(queue, task));
        }

        return entry;
    }

    private void End(LedgerEntry entry) => _open -= entry is { IsOwn: true, Ends: 0 } ? 1 : 0;
}
