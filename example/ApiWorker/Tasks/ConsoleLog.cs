using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ApiWorker.Tasks;

/// <summary>What the binaries write.</summary>
public static class ConsoleLog
{
    /// <summary>One line for each event.</summary>
    /// <param name="logging">The host's logging.</param>
    /// <param name="hidden">The ids of events that are not shown.</param>
    public static void AddLines(this ILoggingBuilder logging, params int[] hidden)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.Services.AddSingleton<ConsoleFormatter>(new LineFormatter(hidden));
        logging.AddConsole(options => options.FormatterName = LineFormatter.FormatterName);
    }
}
