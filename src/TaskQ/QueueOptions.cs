using System.Threading.RateLimiting;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>How a queue works. Validated and copied when the queue is registered; later changes have no effect.</summary>
public sealed class QueueOptions
{
    /// <summary>The queue's name: 1 to 80 of the characters <c>A-Z a-z 0-9 _ . -</c>. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>The fewest workers of this process, at least 1. The default is 1.</summary>
    public int MinWorkers { get; set; } = QueueDefaults.MinWorkers;

    /// <summary>The most workers of this process, at least <see cref="MinWorkers"/>; equal to it turns scaling off. The default is 32 × cores.</summary>
    public int MaxWorkers { get; set; } = QueueDefaults.MaxWorkers;

    /// <summary>The fewest fetchers of this process, at least 1. The default is 1.</summary>
    public int MinFetchers { get; set; } = QueueDefaults.MinFetchers;

    /// <summary>The most fetchers of this process, at least <see cref="MinFetchers"/>. The default is the number of cores.</summary>
    public int MaxFetchers { get; set; } = QueueDefaults.MaxFetchers;

    /// <summary>The most messages of one fetch, from 1 to the backend's ceiling. The default is null: the backend's own.</summary>
    public int? FetchBatchSize { get; set; }

    /// <summary>How long a fetch waits for the first message, more than zero and at most 49 days. The default is 10 s.</summary>
    public TimeSpan FetchWait { get; set; } = QueueDefaults.FetchWait;

    /// <summary>
    /// How many reserved messages may wait for a worker, at least 1; no more than workers start within a tenth of a lease are
    /// reserved. The default is null: 2 × <see cref="FetchBatchSize"/>.
    /// </summary>
    public int? BufferSize { get; set; }

    /// <summary>How many messages of the queue may run at once over all processes, at least 1. The default is null: no limit.</summary>
    public int? WorkerLimit { get; set; }

    /// <summary>How many messages may start in a period over all processes. The default is null: no limit.</summary>
    public RateLimit? RateLimit { get; set; }

    /// <summary>A limiter for this process; a message takes one permit and gives it back when it is finished. It is not disposed. The default is null: no limit.</summary>
    public RateLimiter? RateLimiter { get; set; }

    /// <summary>How long a reserved message stays reserved without a heartbeat, from 1 s to 49 days. The default is 30 s.</summary>
    public TimeSpan LeaseDuration { get; set; } = QueueDefaults.LeaseDuration;

    /// <summary>How many failures in a row pause fetching, at least 1. The default is 100.</summary>
    public int PauseErrorsThreshold { get; set; } = QueueDefaults.PauseErrorsThreshold;

    /// <summary>How long such a pause lasts, more than zero and at most 49 days. The default is 1 min.</summary>
    public TimeSpan PauseDuration { get; set; } = QueueDefaults.PauseDuration;

    /// <summary>How long the name of a message stays taken, more than zero. The default is 24 h.</summary>
    public TimeSpan DeduplicationWindow { get; set; } = QueueDefaults.DeduplicationWindow;

    /// <summary>From how many bytes on a message is compressed, at least 0. The default is 512 bytes.</summary>
    public int CompressionThreshold { get; set; } = QueueDefaults.CompressionThreshold;

    /// <summary>The largest message in bytes, uncompressed, at least 1; the backend's limit holds when it is lower. The default is 4 MiB.</summary>
    public int MaxMessageSize { get; set; } = QueueDefaults.MaxMessageSize;

    /// <summary>What writes and reads arguments. The default is a <see cref="MessagePackSerializer"/>.</summary>
    public IPayloadSerializer Serializer { get; set; } = new MessagePackSerializer();

    /// <summary>How long dead letters are kept, more than zero. The default is 7 days.</summary>
    public TimeSpan DeadLetterRetention { get; set; } = QueueDefaults.DeadLetterRetention;

    /// <summary>Where handlers' services come from, a scope per message, and the logger factory. The default is null: none.</summary>
    public IServiceProvider? Services { get; set; }

    /// <summary>The clock of every time and delay of this process. The default is <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The retry policy of messages whose task is not registered here. The default is null: that of a task with default options.</summary>
    public TaskOptions? UnknownTask { get; set; }

    /// <summary>Checks the options as a registration does, but for what depends on the backend.</summary>
    /// <returns>A text for each option that is not valid, which names it, its value and what it must be; none when all are.</returns>
    public IReadOnlyList<string> Validate() => QueueOptionsValidator.Errors(this);

    internal QueueOptions Copy()
    {
        var copy = (QueueOptions)MemberwiseClone();
        copy.UnknownTask = UnknownTask?.Copy();
        return copy;
    }
}
