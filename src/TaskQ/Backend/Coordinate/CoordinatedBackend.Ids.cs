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
            if (message.KeepsId)
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
                NameClaim[] taken = [.. free.Where(i => messages.Span[i].KeepsId).Select(i => claims[i])];
                NewMessage[] bare = [.. free.Select(i => messages.Span[i] with { KeepsId = false })];
                await AddUnderAsync(taken, () => AddRangeAsync(bare, cancellationToken), free, results).ConfigureAwait(false);
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
        List<int> kept = open.FindAll(i => messages.Span[i].KeepsId);
        NameHolder[] holders = kept.Count == 0
            ? []
            : await _coordinator.TakeNamesAsync(kept.ConvertAll(i => claims[i]), NamePatience, cancellationToken).ConfigureAwait(false);
        List<int> free = open.FindAll(i => !messages.Span[i].KeepsId);
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
}
