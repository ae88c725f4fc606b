namespace TaskQ.Backend.Coordinate;

/// <summary>
/// Adding. 1. Names are taken for a short time. 2. What has its name is stored. 3. Its names are confirmed, for their windows; a
/// failed add frees them. 4. An add that met a name that is not confirmed waits for that: only a stored message makes
/// a duplicate. What replaces another message: see Replace.
/// </summary>
/// <remarks>
/// A process that dies between 1 and 3 leaves the name for <see cref="NamePatience"/>. Two messages have one name if storing takes longer than
/// that, or if an add that failed had stored its message all the same.
/// </remarks>
internal sealed partial class CoordinatedBackend
{
    /// <summary>How long a name is kept for an add that has not come to its end.</summary>
    public static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    public async ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        if (_own.Names || message.Name is null)
        {
            return await _store.AddAsync(message, cancellationToken).ConfigureAwait(false);
        }

        AddResult[] results = await AddRangeAsync(new[] { message }, cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    public async ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        if (_own.Names || !HasNames(messages.Span))
        {
            return await _store.AddRangeAsync(messages, cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (KeepsIds(messages.Span))
        {
            return await AddWithIdsAsync(messages, cancellationToken).ConfigureAwait(false);
        }

        var results = new AddResult[messages.Length];
        var open = new List<int>(Enumerable.Range(0, messages.Length));
        for (TimeSpan pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            List<int> stored = await TakeNamesAsync(messages, open, results, cancellationToken).ConfigureAwait(false);
            if (stored.Count > 0)
            {
                await StoreAsync(messages, stored, results, cancellationToken).ConfigureAwait(false);
            }

            if (open.Count == 0)
            {
                return results;
            }

            if (stored.Count == 0)
            {
                // What holds the name is a call of another process: it ends by real time.
                await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
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

    private NameClaim[] ClaimsOf(ReadOnlySpan<NewMessage> messages, List<int> indexes)
    {
        var claims = new List<NameClaim>(indexes.Count);
        foreach (int index in indexes)
        {
            if (messages[index].Name is { } name)
            {
                claims.Add(new NameClaim(messages[index].Id, name.UntilFinished ? WithinRetention(messages[index], name) : name));
            }
        }

        return [.. claims];
    }

    /// <summary>A message that its store drops unseen, because nobody took it in time, must not keep its name for ever.</summary>
    private MessageName WithinRetention(in NewMessage message, MessageName name)
    {
        TimeSpan delay = message.DueAt is { } due ? due - _time.GetUtcNow() : message.Delay;
        TimeSpan patience = PatienceWith(delay);
        return patience < name.Window ? name with { Window = patience } : name;
    }

    /// <summary>How long a message that is due after a delay can be in the store.</summary>
    private TimeSpan PatienceWith(TimeSpan delay)
    {
        delay = delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
        return delay < TimeSpan.MaxValue - _own.Retention ? delay + _own.Retention : TimeSpan.MaxValue;
    }

    /// <summary>Decides on messages by their names; those on which it can't decide yet stay in the list.</summary>
    /// <returns>Those that are to be stored.</returns>
    private async ValueTask<List<int>> TakeNamesAsync(
        ReadOnlyMemory<NewMessage> messages,
        List<int> open,
        AddResult[] results,
        CancellationToken cancellationToken)
    {
        NameClaim[] claims = ClaimsOf(messages.Span, open);
        NameHolder[] holders = await _coordinator.TakeNamesAsync(claims, NamePatience, cancellationToken).ConfigureAwait(false);
        var stored = new List<int>(open.Count);
        var undecided = new List<int>();
        int claim = 0;
        var own = new HashSet<Guid>();
        foreach (int index in open)
        {
            Guid id = messages.Span[index].Id;
            NameHolder holder = messages.Span[index].Name is null ? new NameHolder(id, false) : holders[claim++];
            if (holder.IsConfirmed && holder.Id != id && messages.Span[index].Name!.Mode == DedupeMode.ReplacePending)
            {
                if (await ReplaceAsync(messages.Slice(index, 1), holder.Id, cancellationToken).ConfigureAwait(false))
                {
                    results[index] = new AddResult(holder.Id, AddStatus.Duplicate);
                }
                else
                {
                    undecided.Add(index);
                }
            }
            else if (holder.IsConfirmed)
            {
                results[index] = new AddResult(holder.Id, holder.Id == id ? AddStatus.Added : AddStatus.Duplicate);
            }
            else if (holder.Id != id || !own.Add(id))
            {
                undecided.Add(index);
            }
            else
            {
                stored.Add(index);
            }
        }

        open.Clear();
        open.AddRange(undecided);
        return stored;
    }

    private async ValueTask StoreAsync(
        ReadOnlyMemory<NewMessage> messages,
        List<int> indexes,
        AddResult[] results,
        CancellationToken cancellationToken)
    {
        NameClaim[] claims = ClaimsOf(messages.Span, indexes);
        var bare = new NewMessage[indexes.Count];
        for (int i = 0; i < bare.Length; i++)
        {
            bare[i] = messages.Span[indexes[i]] with { Name = null };
        }

        await AddUnderAsync(claims, AddBareAsync, indexes, results).ConfigureAwait(false);

        async ValueTask<AddResult[]> AddBareAsync() => bare.Length == 1
            ? [await _store.AddAsync(bare[0], cancellationToken).ConfigureAwait(false)]
            : await _store.AddRangeAsync(bare, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds messages under names that are taken: then these are confirmed. A failed add frees them.</summary>
    /// <param name="claims">The names.</param>
    /// <param name="addAsync">Adds the messages.</param>
    /// <param name="indexes">Where their results belong.</param>
    /// <param name="results">Gets the results.</param>
    private async ValueTask AddUnderAsync(NameClaim[] claims, Func<ValueTask<AddResult[]>> addAsync, List<int> indexes, AddResult[] results)
    {
        AddResult[] added;
        try
        {
            added = await addAsync().ConfigureAwait(false);
        }
        catch
        {
            await FreeAsync(claims).ConfigureAwait(false);
            throw;
        }

        if (claims.Length > 0)
        {
            await _coordinator.SettleNamesAsync(claims, isStored: true, CancellationToken.None).ConfigureAwait(false);
        }

        for (int i = 0; i < added.Length; i++)
        {
            results[indexes[i]] = added[i];
        }
    }

    private async ValueTask FreeAsync(NameClaim[] claims)
    {
        if (claims.Length == 0)
        {
            return;
        }

        try
        {
            await _coordinator.SettleNamesAsync(claims, isStored: false, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // What the caller must see is why the add failed.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The names end by themselves, after NamePatience.
        }
    }
}
