namespace TaskQ.Backend.Coordinate;

/// <summary>
/// Replacing a message that waits, in a store that can't find it. 1. The companion notes the replacement. 2. It is stored, under an id of
/// its own. 3. The companion puts it in the place of the earlier message, unless that has started. 4. Whichever does not count is dropped when
/// it is fetched.
/// </summary>
/// <remarks>
/// A process that dies between 1 and 3 leaves the earlier message in its place, or, when the replacement is fetched within
/// <see cref="NamePatience"/>, the replacement: never both, never none. A companion that loses its data lets both run.
/// </remarks>
internal sealed partial class CoordinatedBackend
{
    /// <summary>For how long after their due time messages of a store without a bound are remembered as replaced.</summary>
    private static readonly TimeSpan LongestMemory = TimeSpan.FromDays(365);

    /// <summary>How long what was replaced can still come.</summary>
    private TimeSpan Memory => _own.Retention < LongestMemory ? _own.Retention : LongestMemory;

    /// <returns>Whether it is decided; otherwise it is begun again.</returns>
    private async ValueTask<bool> ReplaceAsync(ReadOnlyMemory<NewMessage> message, Guid holder, CancellationToken cancellationToken)
    {
        NameClaim claim = ClaimsOf(message.Span, [0])[0];
        Replacing replacing = await _coordinator
            .BeginReplaceAsync(holder, claim, NamePatience, Memory, cancellationToken).ConfigureAwait(false);
        if (replacing != Replacing.Open)
        {
            return replacing != Replacing.Again;
        }

        try
        {
            await _store.AddAsync(message.Span[0] with { Name = null }, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await GiveUpAsync(holder, claim).ConfigureAwait(false);
            throw;
        }

        replacing = await _coordinator.EndReplaceAsync(holder, claim, isStored: true, Memory, CancellationToken.None).ConfigureAwait(false);
        return replacing != Replacing.Again;
    }

    private async ValueTask GiveUpAsync(Guid holder, NameClaim claim)
    {
        try
        {
            await _coordinator.EndReplaceAsync(holder, claim, isStored: false, Memory, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // What the caller must see is why the add failed.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It ends by itself, after NamePatience.
        }
    }
}
