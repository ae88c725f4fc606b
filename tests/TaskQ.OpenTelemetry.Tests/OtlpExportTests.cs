using System.Diagnostics;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace TaskQ.OpenTelemetry.Tests;

public sealed class OtlpExportTests
{
    [Fact]
    public async Task Export_SpansAndMetrics_ArriveAtACollector()
    {
        using var receiver = new OtlpReceiver();
        ActivitySpanId inHandler = default;
        await using var pipeline = new Pipeline();
        using (TracerProvider tracing = Sdk.CreateTracerProviderBuilder()
            .AddTaskQInstrumentation()
            .AddOtlpExporter(options => To(options, receiver, "v1/traces"))
            .Build())
        using (MeterProvider metering = Sdk.CreateMeterProviderBuilder()
            .AddTaskQInstrumentation()
            .AddOtlpExporter(options => To(options, receiver, "v1/metrics"))
            .Build())
        {
            await pipeline.RunAsync(pipeline.Register(() => { inHandler = Activity.Current!.SpanId; }).WithArgs());

            Assert.True(tracing.ForceFlush(10_000));
            Assert.True(metering.ForceFlush(10_000));
        }

        Assert.All(receiver.Requests, request => Assert.Equal("application/x-protobuf", request.ContentType));
        string spans = Body("/v1/traces");
        Assert.Contains(pipeline.AddSpan, spans, StringComparison.Ordinal);
        Assert.Contains(pipeline.ProcessSpan, spans, StringComparison.Ordinal);
        Assert.Contains("https://opentelemetry.io/schemas/1.44.0", spans, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(inHandler.ToHexString())), spans, StringComparison.Ordinal);
        string metrics = Body("/v1/metrics");
        Assert.Contains("messaging.process.duration", metrics, StringComparison.Ordinal);
        Assert.Contains("messaging.client.sent.messages", metrics, StringComparison.Ordinal);
        Assert.Contains("taskq.workers", metrics, StringComparison.Ordinal);

        string Body(string path) => string.Concat(receiver.Requests.Where(request => request.Path == path).Select(request => request.Body));
    }

    private static void To(OtlpExporterOptions options, OtlpReceiver receiver, string path)
    {
        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        options.Endpoint = new Uri(receiver.Endpoint + path);
    }
}
