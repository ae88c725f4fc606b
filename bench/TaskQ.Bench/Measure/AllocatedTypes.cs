using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace TaskQ.Bench.Measure;

/// <summary>The types of which most was allocated while it lives, by the runtime's samples of about 100 KB each; printed at its end.</summary>
/// <remarks>The event: https://learn.microsoft.com/dotnet/fundamentals/diagnostics/runtime-garbage-collection-events.</remarks>
internal sealed class AllocatedTypes(TextWriter output) : EventListener
{
    private const int Shown = 20;
    private const int AllocationTick = 10;
    private const EventKeywords Collector = (EventKeywords)1;
    private readonly ConcurrentDictionary<string, ulong> _bytes = new();

    public override void Dispose()
    {
        base.Dispose();
        double all = Math.Max(1, _bytes.Values.Sum(static bytes => (double)bytes));
        foreach ((string type, ulong bytes) in _bytes.OrderByDescending(static type => type.Value).Take(Shown))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {bytes / all,6:P1}  {type}"));
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Collector);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventId == AllocationTick && eventData.Payload is { Count: > 5 } payload)
        {
            _bytes.AddOrUpdate((string)payload[5]!, static (_, bytes) => bytes, static (_, sum, bytes) => sum + bytes, (ulong)payload[3]!);
        }
    }
}
