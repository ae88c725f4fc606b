using System.Globalization;

namespace TaskQ.Bench.Scale;

/// <summary>Numbers as the notes of the scale scenario print them.</summary>
internal static class ScaleText
{
    public static string Seconds(double? seconds) =>
        seconds?.ToString("0.0 's'", CultureInfo.InvariantCulture) ?? "never";

    public static string Rate(double perSecond) => perSecond.ToString("N0", CultureInfo.InvariantCulture) + "/s";

    public static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
