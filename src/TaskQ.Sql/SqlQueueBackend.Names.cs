using TaskQ.Backend;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>
/// Names. 1. Those of a batch are taken in the order of the names, so that two adds don't wait for each other. 2. Of several messages with
/// one name the first takes it. 3. Who finds it taken is a duplicate of its holder, and may take the place of one that waits.
/// </summary>
internal sealed partial class SqlQueueBackend
{
    /// <summary>Takes the names of a batch.</summary>
    /// <param name="session">The session.</param>
    /// <param name="queue">The queue's number.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="results">Gets the results of those that are duplicates.</param>
    /// <param name="isRepeated">Whether an earlier try may have been carried out.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Which messages are stored already, null for none.</returns>
    private async Task<bool[]?> TakeNamesAsync(
        SqlSession session, long queue, ReadOnlyMemory<NewMessage> messages, AddResult[] results, bool isRepeated, CancellationToken cancellationToken)
    {
        int[] named = NamedInOrder(messages.Span);
        if (named.Length == 0)
        {
            return null;
        }

        var claims = new List<NameClaim>(named.Length);
        var claimOf = new NameClaim[named.Length];
        bool mayBeStored = Claim(messages.Span, named, claims, claimOf, isRepeated);
        if (mayBeStored)
        {
            await _dialect.ReadHoldersAsync(session, _statements, claims, isTaken: false, cancellationToken).ConfigureAwait(false);
            foreach (NameClaim claim in claims)
            {
                claim.IsStored &= claim.Holder == claim.Message;
                claim.Holder = null;
            }
        }

        await _dialect.TakeNamesAsync(session, _statements, queue, mayBeStored ? claims.FindAll(static claim => !claim.IsStored) : claims, cancellationToken)
            .ConfigureAwait(false);
        var isStored = new bool[results.Length];
        for (int k = 0; k < named.Length; k++)
        {
            NameClaim claim = claimOf[k];
            NewMessage message = messages.Span[named[k]];
            Guid holder = claim.Holder ?? claim.Message;
            if (holder == message.Id)
            {
                isStored[named[k]] = claim.IsStored;
                continue;
            }

            results[named[k]] = new AddResult(holder, AddStatus.Duplicate);
            if (message.Name!.Mode == DedupeMode.ReplacePending)
            {
                await ReplaceAsync(session, queue, message, claim.Key, holder, cancellationToken).ConfigureAwait(false);
            }
        }

        return isStored;
    }

    /// <summary>One claim for each name.</summary>
    /// <returns>Whether some may have their names already.</returns>
    private static bool Claim(ReadOnlySpan<NewMessage> messages, int[] named, List<NameClaim> claims, NameClaim[] claimOf, bool isRepeated)
    {
        bool mayBeStored = false;
        for (int k = 0; k < named.Length; k++)
        {
            ref readonly NewMessage message = ref messages[named[k]];
            if (k == 0 || message.Name!.Key != messages[named[k - 1]].Name!.Key)
            {
                claims.Add(new NameClaim(message) { IsStored = isRepeated || message.IsRepeated });
            }

            claimOf[k] = claims[^1];
            mayBeStored |= claims[^1].IsStored;
        }

        return mayBeStored;
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

    private Task FreeNamesAsync(SqlSession session, IReadOnlyList<SqlDelivery> deliveries, CancellationToken cancellationToken)
    {
        List<(byte[] Name, byte[] Message)>? names = null;
        foreach (SqlDelivery delivery in deliveries)
        {
            if (delivery.NameToFree is { } name)
            {
                (names ??= []).Add((name, delivery.Id.ToByteArray(bigEndian: true)));
            }
        }

        if (names is null)
        {
            return Task.CompletedTask;
        }

        // In the order in which they are taken.
        names.Sort(static (left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        return _dialect.FreeNamesAsync(session, _statements, names, cancellationToken);
    }

    private Task<int> FreeNameAsync(SqlSession session, byte[] name, byte[] message, CancellationToken cancellationToken) =>
        session.Fixed(_statements.FreeName).Set("@name", name).Set("@message", message).ExecuteAsync(cancellationToken);
}
