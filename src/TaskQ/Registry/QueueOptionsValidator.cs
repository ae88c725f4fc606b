using System.Text.RegularExpressions;
using TaskQ.Backend;

namespace TaskQ.Registry;

/// <summary>Checks the options of a queue; all failures go into one message.</summary>
internal static partial class QueueOptionsValidator
{
    public static void Validate(QueueOptions options) => Throw(options, Errors(options));

    /// <summary>What is wrong; nothing when all is well.</summary>
    public static List<string> Errors(QueueOptions options)
    {
        var errors = new List<string>();
        void Check(bool ok, string name, object? value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{name} is {value ?? "null"}: {rule}");
            }
        }

        // Timers are set to these.
        void CheckTime(TimeSpan value, string name) =>
            Check(value > TimeSpan.Zero && value <= QueueDefaults.LongestTimer, name, value,
                $"it must be more than zero and at most {QueueDefaults.LongestTimer}");

        Check(options.Name is not null && NamePattern().IsMatch(options.Name), nameof(options.Name), $"'{Printable(options.Name)}'",
            $"it must be 1 to {QueueDefaults.MaxNameLength} of the characters A-Z a-z 0-9 _ . -");
        Check(options.MinWorkers >= 1, nameof(options.MinWorkers), options.MinWorkers, "it must be at least 1");
        Check(options.MaxWorkers >= options.MinWorkers, nameof(options.MaxWorkers), options.MaxWorkers,
            $"it must be at least MinWorkers ({options.MinWorkers})");
        Check(options.MinFetchers >= 1, nameof(options.MinFetchers), options.MinFetchers, "it must be at least 1");
        Check(options.MaxFetchers >= options.MinFetchers, nameof(options.MaxFetchers), options.MaxFetchers,
            $"it must be at least MinFetchers ({options.MinFetchers})");
        Check(options.FetchBatchSize is null or >= 1, nameof(options.FetchBatchSize), options.FetchBatchSize, "it must be at least 1");
        CheckTime(options.FetchWait, nameof(options.FetchWait));
        Check(options.BufferSize is null or >= 1, nameof(options.BufferSize), options.BufferSize, "it must be at least 1");
        Check(options.WorkerLimit is null or >= 1, nameof(options.WorkerLimit), options.WorkerLimit, "it must be at least 1");
        Check(options.LeaseDuration >= QueueDefaults.MinLeaseDuration && options.LeaseDuration <= QueueDefaults.LongestTimer,
            nameof(options.LeaseDuration), options.LeaseDuration,
            $"it must be at least {QueueDefaults.MinLeaseDuration} and at most {QueueDefaults.LongestTimer}");
        Check(options.PauseErrorsThreshold >= 1, nameof(options.PauseErrorsThreshold), options.PauseErrorsThreshold, "it must be at least 1");
        CheckTime(options.PauseDuration, nameof(options.PauseDuration));
        Check(options.DeduplicationWindow > TimeSpan.Zero, nameof(options.DeduplicationWindow), options.DeduplicationWindow, "it must be more than zero");
        Check(options.CompressionThreshold >= 0, nameof(options.CompressionThreshold), options.CompressionThreshold, "it must be at least 0");
        Check(options.MaxMessageSize >= 1, nameof(options.MaxMessageSize), options.MaxMessageSize, "it must be at least 1");
        Check(options.Serializer is not null, nameof(options.Serializer), options.Serializer, "it is required");
        Check(options.DeadLetterRetention > TimeSpan.Zero, nameof(options.DeadLetterRetention), options.DeadLetterRetention, "it must be more than zero");
        Check(options.TimeProvider is not null, nameof(options.TimeProvider), options.TimeProvider, "it is required");

        if (options.UnknownTask is { } unknown)
        {
            errors.AddRange(TaskOptionsValidator.Validate(unknown, $"{nameof(options.UnknownTask)}.").Select(error => error.TrimEnd('.')));
        }

        return errors;
    }

    /// <summary>Checks what depends on the store.</summary>
    public static void ValidateAgainst(QueueOptions options, BackendCapabilities capabilities)
    {
        Throw(options, CapabilityCheck.Errors(options, capabilities));
    }

    private static void Throw(QueueOptions options, List<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new ArgumentException(
                $"The options of queue '{Printable(options.Name)}' are not valid. {string.Join("; ", errors)}.", nameof(options));
        }
    }

    private static string Printable(string? name) => TaskOptionsValidator.Printable(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,80}\z")]
    private static partial Regex NamePattern();
}
