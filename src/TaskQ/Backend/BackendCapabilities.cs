namespace TaskQ.Backend;

/// <summary>What a store can do by itself; what it lacks, the core emulates.</summary>
public sealed record BackendCapabilities
{
    /// <summary>The value of the telemetry attribute <c>messaging.system</c>, such as <c>in_memory</c> or <c>redis</c>.</summary>
    public required string System { get; init; }

    /// <summary>The longest delay of one add or retry; zero when the store can't delay. The default is no bound.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.MaxValue;

    /// <summary>How many messages <see cref="IQueueBackend.AddRangeAsync"/> takes. The default is 500.</summary>
    public int MaxAddBatch { get; init; } = 500;

    /// <summary>The ceiling of <see cref="QueueOptions.FetchBatchSize"/>; a store may make several requests of one fetch. The default is 1000.</summary>
    public int MaxFetchBatch { get; init; } = 1000;

    /// <summary>What <see cref="QueueOptions.FetchBatchSize"/> is when it is not set. The default is 100.</summary>
    public int DefaultFetchBatch { get; init; } = 100;

    /// <summary>The largest message in bytes. The default is no bound.</summary>
    public int MaxMessageSize { get; init; } = int.MaxValue;

    /// <summary>Whether a message is passed as an object instead of a frame.</summary>
    public bool PassesReferences { get; init; }

    /// <summary>Whether leases can be extended. The default is true.</summary>
    public bool RenewsLeases { get; init; } = true;

    /// <summary>Whether a message can be given back without being counted. The default is true.</summary>
    public bool UncountedRelease { get; init; } = true;

    /// <summary>Whether counts are exact. The default is true.</summary>
    public bool ExactCounts { get; init; } = true;

    /// <summary>Whether it keeps the names of messages. The default is true.</summary>
    public bool Names { get; init; } = true;

    /// <summary>Whether it knows the ids of the last minutes, even if it keeps no names, so that a repeated add of a message that has ended stores nothing. The default is false.</summary>
    public bool KnowsIds { get; init; }

    /// <summary>Whether it keeps the rate limit and the worker limit over all processes. The default is true.</summary>
    public bool Limits { get; init; } = true;

    /// <summary>Whether single messages can be found, listed, cancelled and rescheduled. The default is true.</summary>
    public bool Lookup { get; init; } = true;

    /// <summary>Whether a single message can be cancelled, even if it can't be found. The default is true.</summary>
    public bool Cancels { get; init; } = true;

    /// <summary>Whether it keeps dead letters with their reasons. The default is true.</summary>
    public bool DeadLetters { get; init; } = true;

    /// <summary>Whether single dead letters can be found and listed, even if other messages can't. The default is true.</summary>
    public bool DeadLookup { get; init; } = true;

    /// <summary>Whether the store moves messages to dead letters of its own accord, even if it keeps no others. The default is false.</summary>
    public bool Redrives { get; init; }

    /// <summary>How long a message is kept at most, from when it is due. The default is no bound.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether it keeps how each attempt failed, for <see cref="StoredMessage.Errors"/>. The default is false.</summary>
    public bool KeepsErrors { get; init; }

    /// <summary>Whether a pause holds for every process. The default is true.</summary>
    public bool Pauses { get; init; } = true;

    /// <summary>Whether a waiting fetch is woken by an add. The default is true.</summary>
    public bool WakesUp { get; init; } = true;

    /// <summary>Whether one request brings what is finished and fetches; otherwise no fetch waits for settlements. The default is true.</summary>
    public bool SettlesWithFetch { get; init; } = true;

    /// <summary>What to configure for what it lacks, a sentence for error messages. The default is null: nothing helps.</summary>
    public string? Remedy { get; init; }
}
