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
}
