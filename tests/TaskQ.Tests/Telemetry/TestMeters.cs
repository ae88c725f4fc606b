using System.Diagnostics.Metrics;

namespace TaskQ.Tests.Telemetry;

/// <summary>The services of a host of its own: a meter factory, as AddMetrics registers it.</summary>
internal sealed class TestMeters : IMeterFactory, IServiceProvider
{
    private readonly Dictionary<string, Meter> _meters = [];

    /// <summary>The meter that the core asked for.</summary>
    public Meter TaskQ => _meters["TaskQ"];

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return _meters.TryGetValue(options.Name, out Meter? meter) ? meter : _meters[options.Name] = new Meter(options);
    }

    public object? GetService(Type serviceType) => serviceType == typeof(IMeterFactory) ? this : null;

    public void Dispose()
    {
        foreach (Meter meter in _meters.Values)
        {
            meter.Dispose();
        }
    }
}
