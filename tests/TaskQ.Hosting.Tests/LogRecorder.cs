using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TaskQ.Hosting.Tests;

/// <summary>Keeps what is logged, with the scopes of the moment.</summary>
internal sealed class LogRecorder : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ConcurrentQueue<(string Category, EventId Id, LogLevel Level, string Text, Dictionary<string, object?> Scope)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private sealed class Recorder(LogRecorder owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var pairs = new Dictionary<string, object?>();
            owner._scopes.ForEachScope(
                (scope, all) =>
                {
                    foreach ((string key, object? value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                    {
                        all[key] = value;
                    }
                },
                pairs);
            owner.Lines.Enqueue((category, eventId, logLevel, formatter(state, exception), pairs));
        }
    }
}
