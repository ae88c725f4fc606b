namespace TaskQ.Consume;

/// <summary>How long to wait before a store that failed is asked again: 100 ms doubling to 5 s, with jitter.</summary>
internal sealed class RetryPacer(TimeProvider timeProvider)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static TimeSpan DelayAfter(int failures) =>
        Finish.Backoff.Delay(failures, First, Longest, Random.Shared.NextDouble());

    /// <summary>Waits; ends early, without an exception, when cancelled.</summary>
    public async Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
