using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace TaskQ.Telemetry;

/// <summary>A logger of the user's whose failures end here: a full disk or a disposed provider must not end a loop.</summary>
internal sealed class SafeLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return inner.BeginScope(state);
        }
#pragma warning disable CA1031 // There is nowhere to log it.
        catch (Exception error)
        {
            Debug.WriteLine(error);
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception error)
        {
            Debug.WriteLine(error);
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception error)
#pragma warning restore CA1031
        {
            Debug.WriteLine(error);
        }
    }
}
