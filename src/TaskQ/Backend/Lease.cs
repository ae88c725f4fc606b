namespace TaskQ.Backend;

/// <summary>What a fetch reserved together: one lease for the whole batch.</summary>
public sealed class Lease
{
    /// <summary>Creates a lease.</summary>
    /// <param name="id">Its id: the fence that every settlement is checked against.</param>
    /// <param name="duration">How long it holds without a beat.</param>
    public Lease(Guid id, TimeSpan duration)
    {
        Id = id;
        Duration = duration;
    }

    /// <summary>Its id, chosen by the consumer for each fetch: asking again with the same id returns the same messages.</summary>
    public Guid Id { get; }

    /// <summary>How long it holds without a beat.</summary>
    public TimeSpan Duration { get; }

    /// <summary>What it holds; set once, by the backend, before the fetch returns.</summary>
    public IReadOnlyList<Delivery> Deliveries { get; set; } = [];

    /// <summary>How many of its deliveries the store has not settled yet.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Whatever the backend keeps with it.</summary>
    public object? State { get; set; }

    /// <summary>The ids that messages go by which stand in the place of others, by their ids in the store. The default is null: there are none.</summary>
    internal IReadOnlyDictionary<Guid, Guid>? Places { get; set; }
}
