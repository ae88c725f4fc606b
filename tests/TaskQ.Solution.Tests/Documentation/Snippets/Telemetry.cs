#region otel
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TaskQ.OpenTelemetry;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class Telemetry
{
    public static async Task RunAsync(TaskQueue queue, TaskDefinition greet)
    {
        #region otel
        // OTEL_EXPORTER_OTLP_ENDPOINT says where to; without it, a collector on this machine.
        using TracerProvider tracing = Sdk.CreateTracerProviderBuilder().AddTaskQInstrumentation().AddOtlpExporter().Build();
        using MeterProvider metering = Sdk.CreateMeterProviderBuilder().AddTaskQInstrumentation().AddOtlpExporter().Build();

        // Without a host, both ends get the hook; it makes the spans.
        var telemetry = new OpenTelemetryHook();
        queue.AddHook(telemetry);
        queue.Consumer.AddHook(telemetry);

        await queue.AddAsync(greet.WithArgs("World"));
        #endregion
    }

    public static TracerProviderBuilder Force(TracerProviderBuilder tracing) =>
    #region otel-options
        tracing.AddTaskQInstrumentation(options => options.Parent = SpanParent.Always);
    #endregion
}
