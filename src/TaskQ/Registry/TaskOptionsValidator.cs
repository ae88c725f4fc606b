using System.Globalization;

namespace TaskQ.Registry;

/// <summary>Checks <see cref="TaskOptions"/>; every failure is reported, not only the first.</summary>
internal static class TaskOptionsValidator
{
    public const int MaxNameLength = 200;

    /// <summary>Checks all options and copies them.</summary>
    /// <exception cref="ArgumentException">Some are not valid; the message names each with its value.</exception>
    public static TaskOptions ValidateAndCopy(TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        AddNameErrors(options, errors);
        errors.AddRange(Validate(options, ""));
        return errors.Count == 0
            ? options.Copy()
            : throw new ArgumentException(
                $"The options of task '{Printable(options.Name)}' are not valid: {string.Join(" ", errors)}", nameof(options));
    }

    /// <summary>Checks everything but the names, which a policy for unknown tasks has none of.</summary>
    /// <param name="options">The options.</param>
    /// <param name="what">What goes before the name of an option in an error, such as <c>UnknownTask.</c>, or nothing.</param>
    /// <returns>A sentence for each option that is not valid.</returns>
    public static IReadOnlyList<string> Validate(TaskOptions options, string what)
    {
        var errors = new List<string>();
        Check(options.RetryLimit >= 1, nameof(options.RetryLimit), options.RetryLimit, "must be at least 1");
        Check(options.MinBackoff > TimeSpan.Zero, nameof(options.MinBackoff), options.MinBackoff, "must be more than zero");
        Check(
            options.MaxBackoff >= options.MinBackoff,
            nameof(options.MaxBackoff),
            options.MaxBackoff,
            $"must be at least MinBackoff ({options.MinBackoff:c})");
        Check(
            options.Timeout is not { } timeout || (timeout > TimeSpan.Zero && timeout <= QueueDefaults.LongestTimer),
            nameof(options.Timeout),
            options.Timeout,
            $"must be more than zero and at most {QueueDefaults.LongestTimer:c}, or null for none");
        Check(options.CrashLimit >= 1, nameof(options.CrashLimit), options.CrashLimit, "must be at least 1");
        return errors;

        void Check(bool isValid, string option, object? value, string rule)
        {
            if (!isValid)
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"{what}{option} is {value} but {rule}."));
            }
        }
    }

    private static void AddNameErrors(TaskOptions options, List<string> errors)
    {
        AddNameError(nameof(options.Name), options.Name, errors);
        if (options.Aliases is null)
        {
            errors.Add("Aliases is null; leave it empty for none.");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal) { options.Name ?? "" };
        for (int i = 0; i < options.Aliases.Count; i++)
        {
            string option = $"Aliases[{i}]";
            string? alias = options.Aliases[i];
            AddNameError(option, alias, errors);
            if (alias == TaskRegistry.CatchAll)
            {
                errors.Add($"{option} is '*', which only a task's own name can be.");
            }

            if (!string.IsNullOrEmpty(alias) && !names.Add(alias))
            {
                errors.Add($"{option} is '{Printable(alias)}', which is the task's name or another alias already.");
            }
        }
    }

    private static void AddNameError(string option, string? name, List<string> errors)
    {
        if (string.IsNullOrEmpty(name))
        {
            errors.Add($"{option} is {(name is null ? "null" : "empty")} but must have 1 to {MaxNameLength} characters.");
            return;
        }

        if (name.Length > MaxNameLength)
        {
            errors.Add($"{option} is '{Printable(name)}' with {name.Length} characters but may have at most {MaxNameLength}.");
        }

        if (name.Any(char.IsControl))
        {
            errors.Add($"{option} is '{Printable(name)}' but must not hold control characters.");
        }
    }

    // A name that is not valid may be long or hold line breaks, and errors go to logs.
    internal static string Printable(string? name)
    {
        string shown = name ?? "";
        shown = shown.Length <= MaxNameLength ? shown : shown[..MaxNameLength] + "...";
        return string.Concat(shown.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}
