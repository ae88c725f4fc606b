using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using TaskQ;

namespace ApiWorker.Tasks;

/// <summary>
/// Exports traces and metrics by OTLP while the host runs. With the package OpenTelemetry.Extensions.Hosting, AddOpenTelemetry
/// does what this class does.
/// </summary>
public sealed class Telemetry : IHostedLifecycleService, IDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly string _service;
    private TracerProvider? _tracing;
    private MeterProvider? _metering;

    private Telemetry(string service) => _service = service;

    /// <summary>Adds it if the environment says where to export to.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="service">The name of this binary; OTEL_SERVICE_NAME beats it.</param>
    public static void AddTo(IServiceCollection services, string service)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable)))
        {
            services.AddTaskQInstrumentation();                 // the hook that makes the spans, on every queue
            services.AddHostedService(_ => new Telemetry(service));
        }
    }

    /// <summary>Before anything of the host starts, so that it sees all.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _tracing = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(Describe)
            .AddSource("Microsoft.AspNetCore")
            .AddTaskQInstrumentation()
            .AddOtlpExporter()
            .Build();
        _metering = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
            .AddMeter("Microsoft.AspNetCore.Hosting", "System.Runtime")
            .AddTaskQInstrumentation()
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After everything has stopped: exports the rest.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _tracing?.Dispose();
        _metering?.Dispose();
    }

    private void Describe(ResourceBuilder resource) =>
        resource.Clear().AddTelemetrySdk().AddService(_service).AddEnvironmentVariableDetector();
}
