using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sqs;

/// <summary>Counts the requests from a point on.</summary>
internal sealed class RequestMonitor : ICallMonitor
{
    private readonly RequestCounter _counter = new();

    public Task<IReadOnlyDictionary<string, int>> StopAsync()
    {
        int count = (int)_counter.Count;
        return Task.FromResult<IReadOnlyDictionary<string, int>>(count == 0 ? [] : new Dictionary<string, int> { ["POST"] = count });
    }

    public void Dispose() => _counter.Dispose();
}
