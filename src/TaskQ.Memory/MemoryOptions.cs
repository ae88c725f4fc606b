namespace TaskQ.Memory;

/// <summary>How the in-memory backend works. Validated and copied by <see cref="MemoryQueueFactory"/>.</summary>
public sealed class MemoryOptions
{
    /// <summary>The value of <see cref="MaxNames"/> when it is not set.</summary>
    internal const int DefaultMaxNames = 1_000_000;

    /// <summary>The value of <see cref="MaxDeadLetters"/> when it is not set.</summary>
    internal const int DefaultMaxDeadLetters = 100_000;

    /// <summary>Whether messages go through the serializer, as they do with a real store, instead of being passed by reference. The default is false.</summary>
    public bool EncodeMessages { get; set; }

    /// <summary>
    /// How many messages of a queue may wait, ready and delayed ones together, at least 1. What is in flight does not
    /// count, and a retry, a give-back or a requeued dead letter never waits for room. With a bound and
    /// <see cref="CapacityMode.Wait"/>, handlers that add to their own queue can fill it and then wait for each
    /// other; use <see cref="CapacityMode.Fail"/> there. The default is null: no bound.
    /// </summary>
    public int? Capacity { get; set; }

    /// <summary>What an add to a full queue does. The default is <see cref="CapacityMode.Wait"/>.</summary>
    public CapacityMode FullMode { get; set; } = CapacityMode.Wait;

    /// <summary>How many names a queue remembers, at least 1; beyond it, the name that would expire first is forgotten. The default is 1,000,000.</summary>
    public int MaxNames { get; set; } = DefaultMaxNames;

    /// <summary>How many dead letters a queue keeps, at least 1; beyond it, the oldest is dropped. The default is 100,000.</summary>
    public int MaxDeadLetters { get; set; } = DefaultMaxDeadLetters;

    /// <summary>A copy that later changes don't reach.</summary>
    internal MemoryOptions Copy() => (MemoryOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every value out of its range.</summary>
    internal void Validate()
    {
        List<string>? errors = null;
        Check(Capacity is null or >= 1, $"Capacity is {Capacity}; it must be at least 1, or null for no bound.", ref errors);
        Check(Enum.IsDefined(FullMode), $"FullMode is {(int)FullMode}; it must be Wait or Fail.", ref errors);
        Check(MaxNames >= 1, $"MaxNames is {MaxNames}; it must be at least 1.", ref errors);
        Check(MaxDeadLetters >= 1, $"MaxDeadLetters is {MaxDeadLetters}; it must be at least 1.", ref errors);
        if (errors is not null)
        {
            throw new ArgumentException($"The memory options are not valid. {string.Join(' ', errors)}");
        }
    }

    private static void Check(bool valid, string error, ref List<string>? errors)
    {
        if (!valid)
        {
            (errors ??= []).Add(error);
        }
    }
}
