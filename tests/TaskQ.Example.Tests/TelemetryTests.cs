using System.Diagnostics;
using System.Globalization;
using System.Text;
using TaskQ.Example.Tests.Processes;
using TaskQ.OpenTelemetry.Tests;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Example.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Export_ApiAndWorker_ShareTheTraceOfTheRequest()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        using var collector = new OtlpReceiver();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        };
        await using var api = await ExampleApi.StartAsync(server.Configuration, environment);
        await using var worker = ExampleProcess.Start("Worker", ["--redis", server.Configuration], environment);

        // The trace of whoever calls the API.
        var trace = ActivityTraceId.CreateRandom();
        api.Http.DefaultRequestHeaders.Add("traceparent", string.Create(CultureInfo.InvariantCulture, $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));
        await api.AddAsync("locate", new { address = "1 High Street" });

        string traceId = Encoding.Latin1.GetString(Convert.FromHexString(trace.ToHexString()));
        await ArrivesAsync("/v1/traces", "apiworker-api", traceId, "add geocoding");
        await ArrivesAsync("/v1/traces", "apiworker-worker", traceId, "process geocoding");
        await ArrivesAsync("/v1/metrics", "apiworker-api", "messaging.client.sent.messages");
        await ArrivesAsync("/v1/metrics", "apiworker-worker", "messaging.process.duration", "taskq.workers");
        Assert.Equal(0, await worker.StopAsync());

        Task ArrivesAsync(string path, params string[] texts) => Wait.UntilAsync(
            () => collector.Requests.Any(request =>
                request.Path == path && texts.All(text => request.Body.Contains(text, StringComparison.Ordinal))),
            () => $"{path} has had a request with {string.Join(", ", texts)}; there were {collector.Requests.Count} requests.");
    }

    [Fact]
    public async Task Stop_SoonAfterARun_ExportsWhatIsLeft()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        using var collector = new OtlpReceiver();
        await using var api = await ExampleApi.StartAsync(server.Configuration);
        await using var worker = ExampleProcess.Start("Worker", ["--redis", server.Configuration], new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "600000",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "600000",
        });
        await api.AddAsync("locate", new { address = "1 High Street" });
        await worker.WritesAsync("Found 1 High Street");
        Assert.Empty(collector.Requests);

        Assert.Equal(0, await worker.StopAsync());

        Assert.Contains(collector.Requests, request => request.Path == "/v1/traces" && request.Body.Contains("process geocoding", StringComparison.Ordinal));
        Assert.Contains(collector.Requests, request => request.Path == "/v1/metrics" && request.Body.Contains("messaging.process.duration", StringComparison.Ordinal));
    }
}
