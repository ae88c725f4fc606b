using TaskQ.Backend;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>
/// Adding. 1. Each name is taken, in the order of the names, so that two adds don't wait for each other. 2. What has its name, or
/// none, is stored. 3. A fetch that waits is woken. 1 and 2 are one transaction.
/// </summary>
internal sealed partial class SqlQueueBackend
{
    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<AddResult>(cancellationToken)
            : _adds.AddAsync(message, cancellationToken);
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

        var isStored = new bool[results.Length];
        foreach (int i in NamedInOrder(messages.Span))
        {
            (results[i], isStored[i]) = await TakeNameAsync(session, queue, messages.Span[i], isRepeated, cancellationToken).ConfigureAwait(false);
        }

        var rows = new List<MessageRow>(results.Length);
        for (int i = 0; i < results.Length; i++)
        {
            if (!results[i].IsDuplicate && !isStored[i])
            {
                rows.Add(new MessageRow(queue, messages.Span[i]));
            }
        }

        await _dialect.InsertAsync(session, _statements, rows, cancellationToken).ConfigureAwait(false);
        return results;
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

    private static int[] NamedInOrder(ReadOnlySpan<NewMessage> messages)
    {
        List<int>? named = null;
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].Name is not null)
            {
                (named ??= []).Add(i);
            }
        }

        if (named is null)
        {
            return [];
        }

        // Stable: of two with one name the first takes it.
        var keys = new UInt128[named.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = messages[named[i]].Name!.Key;
        }

        int[] order = [.. Enumerable.Range(0, keys.Length).OrderBy(i => keys[i])];
        return Array.ConvertAll(order, i => named[i]);
    }

    /// <summary>Takes the name of a message.</summary>
    /// <returns>The result, and whether the message is stored already.</returns>
    private async Task<(AddResult Result, bool IsStored)> TakeNameAsync(
        SqlSession session, long queue, NewMessage message, bool isRepeated, CancellationToken cancellationToken)
    {
        MessageName name = message.Name!;
        byte[] key = NameKey.Bytes(name);
        byte[] id = message.Id.ToByteArray(bigEndian: true);
        var added = new AddResult(message.Id, AddStatus.Added);
        if ((isRepeated || message.IsRepeated) && await ReadHolderAsync(session, key, cancellationToken).ConfigureAwait(false) == message.Id)
        {
            return (added, true);
        }

        var row = new NameRow(key, queue, id, StoreTime.FromSpan(name.Window), name.UntilFinished);
        bool isTaken = await _dialect.TakeNameAsync(session, _statements, row, cancellationToken).ConfigureAwait(false);
        if (isTaken || await ReadHolderAsync(session, key, cancellationToken).ConfigureAwait(false) is not { } holder || holder == message.Id)
        {
            return (added, false);
        }

        if (name.Mode == DedupeMode.ReplacePending)
        {
            await ReplaceAsync(session, queue, message, key, holder, cancellationToken).ConfigureAwait(false);
        }

        return (new AddResult(holder, AddStatus.Duplicate), false);
    }

    private async Task<Guid?> ReadHolderAsync(SqlSession session, byte[] key, CancellationToken cancellationToken)
    {
        List<Guid> holders = await session.Fixed(_statements.ReadName)
            .Set("@name", key)
            .ReadAsync(static reader => new Guid((byte[])reader.GetValue(0), bigEndian: true), cancellationToken).ConfigureAwait(false);
        return holders.Count == 0 ? null : holders[0];
    }

    /// <summary>Puts a message in the place of one that waits and has never started; the id and the name stay the old one's.</summary>
    private async Task ReplaceAsync(SqlSession session, long queue, NewMessage message, byte[] key, Guid holder, CancellationToken cancellationToken)
    {
        var row = new MessageRow(queue, message);
        int replaced = await session.Fixed(_statements.ReplacePending)
            .Set("@message", holder.ToByteArray(bigEndian: true))
            .Set("@name", key)
            .Set("@body", row.Body)
            .Set("@task", row.Task)
            .Set("@enqueued", row.Enqueued)
            .Set("@due", row.Due)
            .Set("@delay", row.Delay)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (replaced > 0)
        {
            await session.Fixed(_statements.ExtendName)
                .Set("@name", key)
                .Set("@window", StoreTime.FromSpan(message.Name!.Window))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await _dialect.TellAsync(session, _statements, new WakeUp(queue, TimeSpan.Zero), cancellationToken).ConfigureAwait(false);
        }
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
