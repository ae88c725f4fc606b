using System.Globalization;
using StackExchange.Redis;
using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>What scripts are told of a queue's options, and of the time.</summary>
internal sealed class QueueArguments(QueueOptions options, RedisOptions redis)
{
    /// <summary>Over all processes; 0 for none.</summary>
    public RedisValue WorkerLimit { get; } = options.WorkerLimit ?? 0;

    /// <summary>The time between two permits of the rate limit in microseconds; 0 for none.</summary>
    public RedisValue PermitInterval { get; } = options.RateLimit is { } limit
        ? (limit.Period / limit.Permits).TotalMicroseconds.ToString("R", CultureInfo.InvariantCulture)
        : "0";

    public RedisValue Burst { get; } = options.RateLimit?.Burst ?? 0;

    public RedisValue DeadRetention { get; } = StoreTime.FromSpan(options.DeadLetterRetention);

    public RedisValue MaxDead { get; } = redis.MaxDeadLetters;

    /// <summary>The first argument of every script that reads the time; empty for the server's own.</summary>
    public RedisValue Clock() => redis.UseQueueClock ? StoreTime.FromTime(options.TimeProvider.GetUtcNow()) : "";
}
