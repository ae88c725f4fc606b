namespace TaskQ.Hosting.Health;

/// <summary>What a check found of one queue.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Counts">Its messages, null when the store did not answer.</param>
/// <param name="Stats">What its consumer does.</param>
/// <param name="Failure">What is wrong, null when nothing is.</param>
/// <param name="Error">What the store's client threw.</param>
internal sealed record QueueHealth(string Name, QueueCounts? Counts, ConsumerStats Stats, string? Failure, Exception? Error)
{
    /// <summary>Adds the figures, each under the queue's name, a dot and its own.</summary>
    public void AddTo(Dictionary<string, object> data)
    {
        if (Counts is { } counts)
        {
            data[$"{Name}.ready"] = counts.Ready;
            data[$"{Name}.delayed"] = counts.Delayed;
            data[$"{Name}.inFlight"] = counts.InFlight;
            data[$"{Name}.dead"] = counts.Dead;
        }

        data[$"{Name}.running"] = Stats.Running;
        if (Stats.Running)
        {
            data[$"{Name}.workers"] = Stats.Workers;
            data[$"{Name}.paused"] = Stats.Paused;
        }

        if (Stats.LastFetchAge is { } age)
        {
            data[$"{Name}.lastFetchAge"] = age;
        }
    }
}
