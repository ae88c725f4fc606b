using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ApiWorker;

/// <summary>What the example is asked to do.</summary>
internal sealed record CommandLine(int Messages, TimeSpan TimeLimit)
{
    public const string Usage = """
        Usage: dotnet run --project example/ApiWorker [-- [--messages N] [--seconds S]]

          --messages N   how many greetings and thumbnails the API role adds, 1 to 1,000,000; 2000 by default
          --seconds S    when to give up, 1 to 3600; 50 by default
        """;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out CommandLine? options)
    {
        int messages = 2000;
        int seconds = 50;
        options = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool valid = args[i] switch
            {
                "--messages" => TryParse(value, 1_000_000, out messages),
                "--seconds" => TryParse(value, 3600, out seconds),
                _ => false,
            };
            if (!valid)
            {
                return false;
            }
        }

        options = new CommandLine(messages, TimeSpan.FromSeconds(seconds));
        return true;
    }

    private static bool TryParse(string text, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1 && value <= max;
}
