using Microsoft.Extensions.Logging;

namespace ApiWorker.Tasks;

/// <summary>What the binaries write.</summary>
public static class ConsoleLog
{
    /// <summary>One line for each event, with its time.</summary>
    public static void AddLines(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss ";
        });
}
