namespace TaskQ;

/// <summary>The values of <see cref="DeadLetter.Reason"/>.</summary>
public static class DeadReason
{
    /// <summary>Every attempt failed (<see cref="TaskOptions.RetryLimit"/>).</summary>
    public const string RetriesExhausted = "retries exhausted";

    /// <summary>The handler threw <see cref="SkipRetryException"/>.</summary>
    public const string RetrySkipped = "retry skipped";

    /// <summary>Its lease ran out <see cref="TaskOptions.CrashLimit"/> times: it probably kills the process that runs it.</summary>
    public const string Crashed = "crashed";

    /// <summary>No task of its name is registered, and the attempts of <see cref="QueueOptions.UnknownTask"/> ran out.</summary>
    public const string UnknownTask = "unknown task";

    /// <summary>Its arguments don't fit the handler.</summary>
    public const string BadArguments = "bad arguments";

    /// <summary>Its frame can't be decoded.</summary>
    public const string Undecodable = "undecodable";
}
