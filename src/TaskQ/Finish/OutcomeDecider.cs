using TaskQ.Dispatch;
using TaskQ.Registry;

namespace TaskQ.Finish;

/// <summary>Decides what becomes of a failed run. Pure: the random number comes in as a value.</summary>
/// <remarks>
/// 1. An error that no retry can cure ends it. 2. So does the last attempt. 3. Otherwise it is tried again: after the
/// error's own delay, else that of the task's policy, else the backoff.
/// </remarks>
internal static class OutcomeDecider
{
    /// <param name="options">The task's options, or those for unknown tasks.</param>
    /// <param name="message">The message that failed.</param>
    /// <param name="attempt">Which attempt it was, from 1.</param>
    /// <param name="error">How it failed.</param>
    /// <param name="random">A random number in [0, 1).</param>
    /// <param name="policyError">What the error's own delay or the task's policy threw, null when neither did.</param>
    public static Outcome Decide(
        TaskOptions options,
        TaskMessage message,
        int attempt,
        Exception error,
        double random,
        out Exception? policyError)
    {
        policyError = null;
        if (ErrorChain.Find<SkipRetryException>(error) is not null)
        {
            return new Outcome(OutcomeKind.Fail, Reason: DeadReason.RetrySkipped);
        }

        if (error is ArgumentMismatchException)
        {
            return new Outcome(OutcomeKind.Fail, Reason: DeadReason.BadArguments);
        }

        if (attempt >= options.RetryLimit)
        {
            string reason = error is UnknownTaskException ? DeadReason.UnknownTask : DeadReason.RetriesExhausted;
            return new Outcome(OutcomeKind.Fail, Reason: reason);
        }

        TimeSpan delay = AskForDelay(options, message, attempt, error, out policyError)
            ?? Backoff.Delay(attempt, options.MinBackoff, options.MaxBackoff, random);
        return new Outcome(OutcomeKind.Retry, delay < TimeSpan.Zero ? TimeSpan.Zero : delay);
    }

    private static TimeSpan? AskForDelay(
        TaskOptions options, TaskMessage message, int attempt, Exception error, out Exception? policyError)
    {
        policyError = null;
        try
        {
            return ErrorChain.Find<IDelayedError>(error)?.Delay
                ?? options.RetryDelay?.Invoke(new RetryContext(message, attempt, error));
        }
#pragma warning disable CA1031 // The user's code may throw anything; the backoff stands in for it and the error is logged.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            policyError = thrown;
            return null;
        }
    }
}
