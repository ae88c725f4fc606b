using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ApiWorker.Tasks;

/// <summary>Writes an event as one line: time, level, text, and the error's message without its stack.</summary>
internal sealed class LineFormatter(IReadOnlyCollection<int> hidden) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lines";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (hidden.Contains(logEntry.EventId.Id))
        {
            return;
        }

        string text = logEntry.Formatter(logEntry.State, logEntry.Exception);
        string error = logEntry.Exception is { } exception ? $" {exception.GetType().Name}: {exception.Message}" : "";
        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():HH:mm:ss.fff} {Level(logEntry.LogLevel)} {text}{error}"));
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
