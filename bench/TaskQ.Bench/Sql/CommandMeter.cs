using System.Diagnostics.Metrics;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sql;

/// <summary>Counts the commands of a driver by its own metric, which has one value for each.</summary>
internal sealed class CommandMeter : ICallMonitor
{
    private readonly MeterListener _listener = new();
    private int _count;

    /// <param name="meter">The driver's meter.</param>
    /// <param name="instrument">Its histogram of how long commands take, in seconds.</param>
    public CommandMeter(string meter, string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == meter && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _count));
        _listener.Start();
    }

    public Task<IReadOnlyDictionary<string, int>> StopAsync()
    {
        Dispose();
        int count = Volatile.Read(ref _count);
        return Task.FromResult<IReadOnlyDictionary<string, int>>(count == 0 ? new Dictionary<string, int>() : new() { ["commands"] = count });
    }

    public void Dispose() => _listener.Dispose();
}
