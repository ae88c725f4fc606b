namespace TaskQ.Backend;

/// <summary>A message on its way into a store.</summary>
/// <param name="Id">Its id, chosen by the core, so that a repeated add stores nothing twice.</param>
/// <param name="Body">What is stored.</param>
/// <param name="TaskName">The name of its task, for filters.</param>
/// <param name="EnqueuedAt">When it was added, for filters.</param>
/// <param name="Delay">How long it waits, from the store's now; zero with <paramref name="DueAt"/>.</param>
/// <param name="DueAt">When it is due by the store's clock, null to go by <paramref name="Delay"/>.</param>
/// <param name="Name">The name it takes, null for none.</param>
public readonly record struct NewMessage(
    Guid Id,
    MessageBody Body,
    string TaskName,
    DateTimeOffset EnqueuedAt,
    TimeSpan Delay,
    DateTimeOffset? DueAt,
    MessageName? Name)
{
    /// <summary>Whether an earlier add of it failed, so that it may be stored already. A store that finds ids cheaply need not look at this.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>
    /// Whether the store keeps the id taken beside <see cref="Name"/>, as a name of its own (<see cref="MessageName.OfId"/>), taken with it and
    /// kept even when it is a duplicate or has ended: a later add of the same id stores nothing and counts as added. Only stores that keep
    /// names do so. Without a name it is false, whatever was set. The default is false.
    /// </summary>
    public bool KeepsId
    {
        get => field && Name is not null;
        init;
    }

    /// <summary>
    /// When it died, for a dead letter that is made ready again; a store that keeps repeated adds out by itself must take it once more.
    /// The default is null: it is none.
    /// </summary>
    public DateTimeOffset? DiedAt { get; init; }
}
