using System.Runtime.ExceptionServices;
using Polly;
using Polly.Retry;

namespace TaskQ.Redis.Connect;

/// <summary>Trying again what failed because the server could not be reached.</summary>
internal static class Retries
{
    public static ResiliencePipeline Create(int count)
    {
        if (count == 0)
        {
            return ResiliencePipeline.Empty;
        }

        return new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<RedisUnavailableException>(),
                MaxRetryAttempts = count,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = TimeSpan.FromSeconds(5),
            })
            .Build();
    }

    /// <summary>Goes on where a first call has failed, which mostly succeeds and needs nothing of this.</summary>
    public static async Task<T> RepeatAsync<T>(
        this ResiliencePipeline retries,
        RedisUnavailableException firstFailure,
        Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
    {
        RedisUnavailableException? failure = firstFailure;
        return await retries.ExecuteAsync(
            async token =>
            {
                if (Interlocked.Exchange(ref failure, null) is { } first)
                {
                    ExceptionDispatchInfo.Throw(first);
                }

                return await call(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }
}
