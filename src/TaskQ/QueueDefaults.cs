namespace TaskQ;

/// <summary>The defaults and bounds of <see cref="QueueOptions"/>, in one place.</summary>
internal static class QueueDefaults
{
    public const int MinWorkers = 1;
    public const int WorkersPerCore = 32;
    public const int MinFetchers = 1;
    public const int BuffersPerFetch = 2;
    public const int PauseErrorsThreshold = 100;
    public const int CompressionThreshold = 512;
    public const int MaxMessageSize = 4 * 1024 * 1024;
    public const int MaxNameLength = 80;

    public static readonly TimeSpan FetchWait = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MinLeaseDuration = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan PauseDuration = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan DeduplicationWindow = TimeSpan.FromHours(24);
    public static readonly TimeSpan DeadLetterRetention = TimeSpan.FromDays(7);
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The longest time that a timer can be set to, 2^32 - 2 ms, in whole days.</summary>
    public static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    public static int MaxWorkers => WorkersPerCore * Environment.ProcessorCount;

    public static int MaxFetchers => Environment.ProcessorCount;
}
