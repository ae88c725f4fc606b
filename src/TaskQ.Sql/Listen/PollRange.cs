namespace TaskQ.Sql.Listen;

/// <summary>How often those who wait look by themselves.</summary>
/// <param name="First">After how long the first time; each next one after twice as long.</param>
/// <param name="Longest">The longest time between two looks.</param>
internal readonly record struct PollRange(TimeSpan First, TimeSpan Longest)
{
    /// <summary>Where wake-ups come, in case one is lost.</summary>
    public static readonly PollRange Seldom = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    /// <summary>Where none come.</summary>
    public static readonly PollRange Often = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
}
