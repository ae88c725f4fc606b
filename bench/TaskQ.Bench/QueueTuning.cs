namespace TaskQ.Bench;

/// <summary>Queue options that are set. What is null stays as it is.</summary>
internal sealed record QueueTuning
{
    /// <summary>The number of workers, without scaling.</summary>
    public int? Workers { get; init; }

    /// <summary>The number of fetchers, without scaling.</summary>
    public int? Fetchers { get; init; }

    /// <summary>Messages per fetch.</summary>
    public int? FetchBatch { get; init; }

    /// <summary>Messages that wait for a worker.</summary>
    public int? Buffer { get; init; }

    public void Apply(QueueOptions options)
    {
        options.MinWorkers = Workers ?? options.MinWorkers;
        options.MaxWorkers = Workers ?? options.MaxWorkers;
        options.MinFetchers = Fetchers ?? options.MinFetchers;
        options.MaxFetchers = Fetchers ?? options.MaxFetchers;
        options.FetchBatchSize = FetchBatch ?? options.FetchBatchSize;
        options.BufferSize = Buffer ?? options.BufferSize;
    }
}
