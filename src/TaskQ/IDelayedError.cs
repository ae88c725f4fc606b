namespace TaskQ;

/// <summary>An exception that says how long the retry of its message waits.</summary>
/// <remarks>It is found anywhere in the chain of inner exceptions, or in an <see cref="AggregateException"/>.</remarks>
public interface IDelayedError
{
    /// <summary>How long the retry waits, used as given; a negative value counts as zero.</summary>
    TimeSpan Delay { get; }
}
