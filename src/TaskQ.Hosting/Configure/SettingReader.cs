using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace TaskQ.Hosting.Configure;

/// <summary>Reads one value of a section; what is wrong goes to the errors, and the value stays what it was.</summary>
internal sealed class SettingReader(IConfigurationSection section, List<string> errors)
{
    public IConfigurationSection Section { get; } = section;

    public List<string> Errors { get; } = errors;

    /// <summary>Whether the value is null, or empty as some sources write it.</summary>
    public bool IsNull => string.IsNullOrEmpty(Section.Value) && !Section.GetChildren().Any();

    public int? NumberOrNull() => IsNull ? null : Number(0);

    public int Number(int current)
    {
        if (int.TryParse(Section.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
        {
            return value;
        }

        Errors.Add($"{Section.Path} is '{Section.Value}'; it must be a whole number");
        return current;
    }

    public TimeSpan Time(TimeSpan current)
    {
        // "30" would be 30 days, which nobody means.
        if (Section.Value?.Contains(':', StringComparison.Ordinal) == true
            && TimeSpan.TryParse(Section.Value, CultureInfo.InvariantCulture, out TimeSpan value))
        {
            return value;
        }

        Errors.Add($"{Section.Path} is '{Section.Value}'; it must be a time such as 00:00:30, or 7.00:00:00 for 7 days");
        return current;
    }
}
