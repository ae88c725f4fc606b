using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>
/// Adding. 1. Ids that are to be kept are taken; what came before is left out. 2. The names are taken. 3. What has its name, or none, is
/// stored. 4. A fetch that waits is woken. 1 to 3 are one transaction.
/// </summary>
internal sealed partial class SqlQueueBackend
{
    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<AddResult>(cancellationToken)
            : (message.Name is null ? _adds : _namedAdds).AddAsync(message, cancellationToken);
    }

    public async ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        AddResult[] results = await RunAsync(
            writes: !_dialect.StoresAtOnce(messages.Span) || HasNames(messages.Span),
            (session, tries, token) => AddAsync(session, _queue, messages, isRepeated: tries > 0, token),
            cancellationToken).ConfigureAwait(false);
        Tell(messages.Span, results);
        TendSoon();
        return results;
    }

    /// <summary>Stores messages within a transaction, perhaps the caller's.</summary>
    private async Task<AddResult[]> AddAsync(
        SqlSession session, long queue, ReadOnlyMemory<NewMessage> messages, bool isRepeated, CancellationToken cancellationToken)
    {
        var results = new AddResult[messages.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = new AddResult(messages.Span[i].Id, AddStatus.Added);
        }

        if (await TakeIdsAsync(session, queue, messages, cancellationToken).ConfigureAwait(false) is not { } known)
        {
            await StoreAsync(session, queue, messages, results, isRepeated, cancellationToken).ConfigureAwait(false);
            return results;
        }

        int[] open = [.. Enumerable.Range(0, results.Length).Where(i => !known.Contains(i))];
        AddResult[] added = Array.ConvertAll(open, i => results[i]);
        await StoreAsync(session, queue, Array.ConvertAll(open, i => messages.Span[i]), added, isRepeated, cancellationToken).ConfigureAwait(false);
        for (int k = 0; k < open.Length; k++)
        {
            results[open[k]] = added[k];
        }

        return results;
    }

    private async Task StoreAsync(
        SqlSession session, long queue, ReadOnlyMemory<NewMessage> messages, AddResult[] results, bool isRepeated, CancellationToken cancellationToken)
    {
        bool[]? isStored = await TakeNamesAsync(session, queue, messages, results, isRepeated, cancellationToken).ConfigureAwait(false);
        var rows = new List<MessageRow>(results.Length);
        bool mayBeStored = isRepeated;
        for (int i = 0; i < results.Length; i++)
        {
            if (!results[i].IsDuplicate && isStored?[i] != true)
            {
                ref readonly NewMessage message = ref messages.Span[i];
                rows.Add(new MessageRow(queue, message));
                mayBeStored |= message.IsRepeated;
            }
        }

        await _dialect.InsertAsync(session, _statements, rows, mayBeStored, cancellationToken).ConfigureAwait(false);
    }

    private static bool HasNames(ReadOnlySpan<NewMessage> messages)
    {
        foreach (ref readonly NewMessage message in messages)
        {
            if (message.Name is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Tells the fetches of this process what was added.</summary>
    private void Tell(ReadOnlySpan<NewMessage> messages, ReadOnlySpan<AddResult> results)
    {
        TimeSpan? first = null;
        for (int i = 0; i < messages.Length; i++)
        {
            if (results[i].IsDuplicate && messages[i].Name!.Mode != DedupeMode.ReplacePending)
            {
                continue;
            }

            TimeSpan wait = messages[i].DueAt is { } due ? due - _time.GetUtcNow() : messages[i].Delay;
            first = first < wait ? first : wait;
        }

        if (first <= TimeSpan.Zero)
        {
            _waits.Wake(all: false);
        }
        else if (first is { } later)
        {
            _waits.DueIn(later);
        }
    }
}
