namespace TaskQ.Backend.Coordinate;

/// <summary>
/// Adding messages whose ids are kept beside their names. 1. The ids are taken for a short time. 2. What is known by its id is left out.
/// 3. The others are added by their names. 4. Their ids are confirmed; a failed add frees them.
/// </summary>
internal sealed partial class CoordinatedBackend
{
    private static bool KeepsIds(ReadOnlySpan<NewMessage> messages)
    {
        foreach (ref readonly NewMessage message in messages)
        {
            if (message is { KeepsId: true, Name: not null })
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<AddResult[]> AddWithIdsAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        var results = new AddResult[messages.Length];
        var open = new List<int>(Enumerable.Range(0, messages.Length));
        var claims = new NameClaim[messages.Length];
        for (int i = 0; i < claims.Length; i++)
        {
            // Under holders of this call's own: another one means that another add is on its way, or has been there.
            claims[i] = new NameClaim(Guid.CreateVersion7(_time.GetUtcNow()), MessageName.OfId(messages.Span[i].Id)) { IsOfId = true };
        }

        for (TimeSpan pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            List<int> free = await TakeIdsAsync(messages, claims, open, results, cancellationToken).ConfigureAwait(false);
            if (free.Count > 0)
            {
                await AddFreeAsync(messages, claims, free, results, cancellationToken).ConfigureAwait(false);
            }

            if (open.Count == 0)
            {
                return results;
            }

            if (free.Count == 0)
            {
                // What holds the id is a call of another process: it ends by real time.
                await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Decides on messages by their ids; those on which it can't decide yet stay in the list.</summary>
    /// <returns>Those that are to be added.</returns>
    private async ValueTask<List<int>> TakeIdsAsync(
        ReadOnlyMemory<NewMessage> messages, NameClaim[] claims, List<int> open, AddResult[] results, CancellationToken cancellationToken)
    {
        List<int> kept = open.FindAll(i => messages.Span[i] is { KeepsId: true, Name: not null });
        NameHolder[] holders = kept.Count == 0
            ? []
            : await _coordinator.TakeNamesAsync(kept.ConvertAll(i => claims[i]), NamePatience, cancellationToken).ConfigureAwait(false);
        var free = open.FindAll(i => messages.Span[i] is not { KeepsId: true, Name: not null });
        open.Clear();
        for (int k = 0; k < kept.Count; k++)
        {
            if (holders[k].IsConfirmed)
            {
                results[kept[k]] = new AddResult(messages.Span[kept[k]].Id, AddStatus.Added);
            }
            else if (holders[k].Id == claims[kept[k]].Id)
            {
                free.Add(kept[k]);
            }
            else
            {
                open.Add(kept[k]);
            }
        }

        free.Sort();
        return free;
    }

    private async ValueTask AddFreeAsync(
        ReadOnlyMemory<NewMessage> messages, NameClaim[] claims, List<int> free, AddResult[] results, CancellationToken cancellationToken)
    {
        NameClaim[] taken = [.. free.Where(i => messages.Span[i] is { KeepsId: true, Name: not null }).Select(i => claims[i])];
        AddResult[] added;
        try
        {
            NewMessage[] bare = [.. free.Select(i => messages.Span[i] with { KeepsId = false })];
            added = await AddRangeAsync(bare, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await FreeAsync(taken).ConfigureAwait(false);
            throw;
        }

        if (taken.Length > 0)
        {
            await _coordinator.SettleNamesAsync(taken, isStored: true, CancellationToken.None).ConfigureAwait(false);
        }

        for (int k = 0; k < added.Length; k++)
        {
            results[free[k]] = added[k];
        }
    }
}
