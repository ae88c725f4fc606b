namespace TaskQ;

/// <summary>How a task is handled and retried. Validated and copied when the task is registered; later changes have no effect.</summary>
public sealed class TaskOptions
{
    /// <summary>The task's name on the wire: 1 to 200 characters, none of them a control character; <c>*</c> takes every message whose task is not registered. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>Older names that the task also answers to, so that a rename is a deployment and no migration. The default is none.</summary>
    public IReadOnlyList<string> Aliases { get; set; } = [];

    /// <summary>What runs a message; it may come later, by <see cref="TaskDefinition.Handle"/>. The default is null.</summary>
    public Delegate? Handler { get; set; }

    /// <summary>What runs after the last attempt failed: takes all arguments of the handler, or none. The default is null.</summary>
    public Delegate? FallbackHandler { get; set; }

    /// <summary>How many attempts there are in all, at least 1. The default is 64.</summary>
    public int RetryLimit { get; set; } = TaskDefaults.RetryLimit;

    /// <summary>The shortest wait before a retry, more than zero. The default is 30 s.</summary>
    public TimeSpan MinBackoff { get; set; } = TaskDefaults.MinBackoff;

    /// <summary>The longest wait before a retry, at least <see cref="MinBackoff"/>. The default is 30 min.</summary>
    public TimeSpan MaxBackoff { get; set; } = TaskDefaults.MaxBackoff;

    /// <summary>How long an attempt may take, more than zero and at most 49 days, the range of a timer. The default is null: as long as it wants.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How often a message may lose its lease, as it does when it kills its process, before it goes to the dead letters; at least 1. The default is 3.</summary>
    public int CrashLimit { get; set; } = TaskDefaults.CrashLimit;

    /// <summary>The wait before a retry by a policy of your own, used as given; a null result means the default backoff. The default is null.</summary>
    public Func<RetryContext, TimeSpan?>? RetryDelay { get; set; }

    /// <summary>Whether a message goes to the dead letters although its fallback handler succeeded. The default is false.</summary>
    public bool DeadLetterAfterFallback { get; set; }

    internal TaskOptions Copy()
    {
        var copy = (TaskOptions)MemberwiseClone();
        copy.Aliases = [.. Aliases];
        return copy;
    }
}
