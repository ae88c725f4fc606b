using System.Globalization;
using ApiWorker.Tasks;

namespace ApiWorker;

/// <summary>How much the run does, and how long it may take.</summary>
internal sealed record RunOptions(int Messages, TimeSpan TimeLimit)
{
    public const string Usage = """
          --messages N        how many thumbnails and e-mails are added, 1 to 100,000; 2000 by default
          --seconds S         when to give up, 1 to 3600; 50 by default
        """;

    public static RunOptions From(Arguments arguments) => new(
        Number(arguments, "--messages", 2000, 100_000), TimeSpan.FromSeconds(Number(arguments, "--seconds", 50, 3600)));

    private static int Number(Arguments arguments, string name, int usual, int max) =>
        arguments.Value(name) is not { } text ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= max ? number
        : throw new UsageException($"{name} is {text}; it must be from 1 to {max}.");
}
