using System.Collections.Concurrent;
using TaskQ;

namespace ApiWorker;

/// <summary>Books what was added and what became of it, so that the end of the run can prove that nothing was lost.</summary>
/// <remarks>As a hook it wraps every handler.</remarks>
internal sealed class Ledger : IConsumerHook
{
    private readonly ConcurrentDictionary<string, Tally> _tallies = new();
    private readonly ConcurrentDictionary<Guid, string> _added = new();
    private readonly ConcurrentDictionary<Guid, int> _ended = new();

    /// <summary>The sums of each task, by name.</summary>
    public IEnumerable<KeyValuePair<string, Tally>> Tallies => _tallies.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Messages that were added and have not ended.</summary>
    public long Open => _added.Keys.LongCount(id => !_ended.ContainsKey(id));

    /// <summary>Messages that ended more than once, or were never added.</summary>
    public long Surplus => _ended.LongCount(pair => pair.Value != 1 || !_added.ContainsKey(pair.Key));

    /// <summary>Books an add.</summary>
    public void Added(string task, AddResult result)
    {
        if (result.IsDuplicate)
        {
            Interlocked.Increment(ref Of(task).Duplicates);
            return;
        }

        _added[result.Id] = task;
        Interlocked.Increment(ref Of(task).Added);
    }

    /// <summary>Books a message that its fallback handler took.</summary>
    public void FellBack(TaskMessage message)
    {
        End(message);
        Interlocked.Increment(ref Of(message.TaskName).Fallbacks);
    }

    /// <summary>Books a dead letter.</summary>
    public void Died(DeadLetter letter)
    {
        End(letter.Message);
        Interlocked.Increment(ref Of(letter.Message.TaskName).Dead);
    }

    /// <inheritdoc/>
    public async Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        Tally tally = Of(context.Message.TaskName);
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.CancellationToken.IsCancellationRequested || error is not OperationCanceledException)
        {
            Interlocked.Increment(ref tally.FailedAttempts);
            throw;
        }

        End(context.Message);
        Interlocked.Increment(ref tally.Processed);
    }

    private Tally Of(string task) => _tallies.GetOrAdd(task, _ => new Tally());

    private void End(TaskMessage message) => _ended.AddOrUpdate(message.Id, 1, (_, times) => times + 1);
}
