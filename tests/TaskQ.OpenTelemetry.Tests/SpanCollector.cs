using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>A tracer provider that keeps what it exports.</summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly Exporter _exporter = new();
    private readonly TracerProvider _provider;

    public SpanCollector(Func<TracerProviderBuilder, TracerProviderBuilder>? configure = null)
    {
        TracerProviderBuilder builder = Sdk.CreateTracerProviderBuilder()
            .AddTaskQInstrumentation()
            .AddSource(Caller.Name)
            .AddProcessor(new SimpleActivityExportProcessor(_exporter));
        _provider = (configure?.Invoke(builder) ?? builder).Build();
    }

    /// <summary>What a caller of TaskQ uses for spans of its own.</summary>
    public static ActivitySource Caller { get; } = new("TaskQ.Tests.Caller");

    /// <summary>The ended spans of a name, the oldest first.</summary>
    public Activity[] Named(string name) => [.. _exporter.Spans.Where(span => span.DisplayName == name)];

    public void Dispose()
    {
        _provider.Dispose();
        _exporter.Dispose();
    }

    private sealed class Exporter : BaseExporter<Activity>
    {
        public ConcurrentQueue<Activity> Spans { get; } = [];

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity span in batch)
            {
                Spans.Enqueue(span);
            }

            return ExportResult.Success;
        }
    }
}
