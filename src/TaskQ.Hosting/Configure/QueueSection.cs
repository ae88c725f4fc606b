using Microsoft.Extensions.Configuration;

namespace TaskQ.Hosting.Configure;

/// <summary>Reads the options of a queue from its section. Every key must be known, because a mistyped one would go unseen.</summary>
internal static class QueueSection
{
    /// <summary>The options that only code can set.</summary>
    public static readonly IReadOnlyCollection<string> CodeOnly =
    [
        nameof(QueueOptions.Name),
        nameof(QueueOptions.RateLimiter),
        nameof(QueueOptions.Serializer),
        nameof(QueueOptions.Services),
        nameof(QueueOptions.TimeProvider),
    ];

    private static readonly Dictionary<string, Action<QueueOptions, SettingReader>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(QueueOptions.MinWorkers)] = (options, value) => options.MinWorkers = value.Number(options.MinWorkers),
        [nameof(QueueOptions.MaxWorkers)] = (options, value) => options.MaxWorkers = value.Number(options.MaxWorkers),
        [nameof(QueueOptions.MinFetchers)] = (options, value) => options.MinFetchers = value.Number(options.MinFetchers),
        [nameof(QueueOptions.MaxFetchers)] = (options, value) => options.MaxFetchers = value.Number(options.MaxFetchers),
        [nameof(QueueOptions.FetchBatchSize)] = (options, value) => options.FetchBatchSize = value.NumberOrNull(),
        [nameof(QueueOptions.FetchWait)] = (options, value) => options.FetchWait = value.Time(options.FetchWait),
        [nameof(QueueOptions.BufferSize)] = (options, value) => options.BufferSize = value.NumberOrNull(),
        [nameof(QueueOptions.WorkerLimit)] = (options, value) => options.WorkerLimit = value.NumberOrNull(),
        [nameof(QueueOptions.RateLimit)] = (options, value) => options.RateLimit = ReadRateLimit(value),
        [nameof(QueueOptions.LeaseDuration)] = (options, value) => options.LeaseDuration = value.Time(options.LeaseDuration),
        [nameof(QueueOptions.PauseErrorsThreshold)] = (options, value) => options.PauseErrorsThreshold = value.Number(options.PauseErrorsThreshold),
        [nameof(QueueOptions.PauseDuration)] = (options, value) => options.PauseDuration = value.Time(options.PauseDuration),
        [nameof(QueueOptions.DeduplicationWindow)] = (options, value) => options.DeduplicationWindow = value.Time(options.DeduplicationWindow),
        [nameof(QueueOptions.CompressionThreshold)] = (options, value) => options.CompressionThreshold = value.Number(options.CompressionThreshold),
        [nameof(QueueOptions.MaxMessageSize)] = (options, value) => options.MaxMessageSize = value.Number(options.MaxMessageSize),
        [nameof(QueueOptions.DeadLetterRetention)] = (options, value) => options.DeadLetterRetention = value.Time(options.DeadLetterRetention),
        [nameof(QueueOptions.UnknownTask)] = (options, value) => options.UnknownTask = ReadUnknownTask(value),
    };

    private static readonly Dictionary<string, Action<TaskOptions, SettingReader>> UnknownTaskSettings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(TaskOptions.RetryLimit)] = (options, value) => options.RetryLimit = value.Number(options.RetryLimit),
        [nameof(TaskOptions.MinBackoff)] = (options, value) => options.MinBackoff = value.Time(options.MinBackoff),
        [nameof(TaskOptions.MaxBackoff)] = (options, value) => options.MaxBackoff = value.Time(options.MaxBackoff),
        [nameof(TaskOptions.CrashLimit)] = (options, value) => options.CrashLimit = value.Number(options.CrashLimit),
    };

    /// <summary>The keys that a section may have.</summary>
    public static IReadOnlyCollection<string> Keys => Settings.Keys;

    /// <summary>Sets the options that the section has; what is wrong goes to the errors.</summary>
    public static void Read(IConfigurationSection section, QueueOptions options, List<string> errors) =>
        Read(section, options, Settings, errors);

    private static void Read<T>(
        IConfigurationSection section, T target, Dictionary<string, Action<T, SettingReader>> settings, List<string> errors)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (settings.TryGetValue(child.Key, out Action<T, SettingReader>? set))
            {
                set(target, new SettingReader(child, errors));
            }
            else if (target is QueueOptions && CodeOnly.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                errors.Add($"{child.Path} can be set by code only: AddQueue(\"{section.Key}\", options => ...)");
            }
            else
            {
                errors.Add($"{child.Path} is not known; known are {string.Join(", ", settings.Keys)}");
            }
        }
    }

    private static RateLimit? ReadRateLimit(SettingReader value)
    {
        if (value.IsNull)
        {
            return null;
        }

        var limit = new RateLimitSettings();
        int before = value.Errors.Count;
        Read(value.Section, limit, RateLimitSettings.Keys, value.Errors);
        if (limit is { Permits: >= 1, Period: { Ticks: > 0 } period, Burst: null or >= 1 })
        {
            return new RateLimit(limit.Permits.Value, period, limit.Burst ?? limit.Permits.Value);
        }

        if (value.Errors.Count == before)
        {
            value.Errors.Add(
                $"{value.Section.Path} must have Permits of at least 1, a Period of more than zero such as 00:00:01, and may have a Burst of at least 1");
        }

        return null;
    }

    private static TaskOptions ReadUnknownTask(SettingReader value)
    {
        var options = new TaskOptions { Name = "unknown" };
        Read(value.Section, options, UnknownTaskSettings, value.Errors);
        return options;
    }

    /// <summary>A rate limit that is being read.</summary>
    private sealed class RateLimitSettings
    {
        public static readonly Dictionary<string, Action<RateLimitSettings, SettingReader>> Keys = new(StringComparer.OrdinalIgnoreCase)
        {
            [nameof(Permits)] = (limit, value) => limit.Permits = value.NumberOrNull(),
            [nameof(Period)] = (limit, value) => limit.Period = value.Time(TimeSpan.Zero),
            [nameof(Burst)] = (limit, value) => limit.Burst = value.NumberOrNull(),
        };

        public int? Permits { get; set; }

        public TimeSpan? Period { get; set; }

        public int? Burst { get; set; }
    }
}
