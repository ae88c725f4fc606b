using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Ids that are taken beside names (<see cref="NewMessage.KeepsId"/>).</summary>
internal sealed partial class SqlQueueBackend
{
    /// <summary>Takes the ids of a batch that are to be kept.</summary>
    /// <returns>The numbers of the messages that came before, null for none.</returns>
    private async Task<HashSet<int>?> TakeIdsAsync(
        SqlSession session, long queue, ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        int[] kept = KeptInOrder(messages.Span);
        HashSet<int>? known = null;
        var claims = new List<NameClaim>(kept.Length);
        var numbers = new List<int>(kept.Length);
        foreach (int i in kept)
        {
            NewMessage message = messages.Span[i];
            if (numbers.Count > 0 && messages.Span[numbers[^1]].Id == message.Id)
            {
                (known ??= []).Add(i);
                continue;
            }

            // Under a holder of this call's own: any other one means that it came before.
            claims.Add(new NameClaim(message with { Id = Guid.CreateVersion7(_time.GetUtcNow()), Name = MessageName.OfId(message.Id) }));
            numbers.Add(i);
        }

        if (claims.Count == 0)
        {
            return null;
        }

        await _dialect.TakeNamesAsync(session, _statements, queue, claims, cancellationToken).ConfigureAwait(false);
        for (int k = 0; k < claims.Count; k++)
        {
            if (claims[k].Holder is { } holder && holder != claims[k].Message)
            {
                (known ??= []).Add(numbers[k]);
            }
        }

        return known;
    }

    /// <summary>In the order in which names are taken, so that two adds don't wait for each other.</summary>
    private static int[] KeptInOrder(ReadOnlySpan<NewMessage> messages)
    {
        List<int>? kept = null;
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].KeepsId)
            {
                (kept ??= []).Add(i);
            }
        }

        if (kept is null)
        {
            return [];
        }

        UInt128[] keys = new UInt128[messages.Length];
        foreach (int i in kept)
        {
            keys[i] = MessageName.OfId(messages[i].Id).Key;
        }

        return [.. kept.OrderBy(i => keys[i])];
    }
}
