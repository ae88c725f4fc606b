using System.Globalization;

namespace TaskQ.Sqs.Store;

/// <summary>What a message had behind it when it was sent.</summary>
/// <param name="Failures">How often it failed.</param>
/// <param name="Crashes">How often its lease ran out.</param>
internal readonly record struct Tries(int Failures, int Crashes)
{
    public static Tries Parse(string? text)
    {
        int slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out int failures)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int crashes)
                ? new Tries(failures, crashes)
                : default;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Failures}/{Crashes}");
}
