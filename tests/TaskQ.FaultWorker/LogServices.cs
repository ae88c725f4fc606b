using Microsoft.Extensions.Logging;

namespace TaskQ.FaultWorker;

/// <summary>Gives the queue a logger: a lost lease goes to the record (L), warnings and errors go to the error output.</summary>
internal sealed class LogServices(RunWriter log) : IServiceProvider, ILoggerFactory, ILogger
{
    private const int LeaseLost = 2005;

    public object? GetService(Type serviceType) => serviceType == typeof(ILoggerFactory) ? this : null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == LeaseLost)
        {
            // By the id, which the settlement that is refused and the beat that misses it both name.
            var values = (IReadOnlyList<KeyValuePair<string, object?>>)state!;
            log.Write('L', values.First(value => value.Key == "Id").Value!.GetHashCode(), 0);
        }

        Console.Error.WriteLine($"{Environment.ProcessId}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
    }

    public void Dispose()
    {
    }
}
