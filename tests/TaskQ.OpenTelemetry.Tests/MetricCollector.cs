using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>A meter provider that keeps the last value of every stream.</summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly Exporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public MetricCollector()
    {
        _reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
        _provider = Sdk.CreateMeterProviderBuilder().AddTaskQInstrumentation().AddReader(_reader).Build();
    }

    /// <summary>Collects; the sums, gauges and histogram counts of a queue by instrument, with its attributes but system and queue.</summary>
    public Dictionary<string, double> Collect(string queue)
    {
        _exporter.Values.Clear();
        Assert.True(_reader.Collect());
        return _exporter.Values
            .Where(entry => entry.Queue == queue)
            .ToDictionary(entry => entry.Name, entry => entry.Value);
    }

    public double[] BoundsOf(string instrument) => _exporter.Bounds[instrument];

    public void Dispose()
    {
        _provider.Dispose();
        _reader.Dispose();
        _exporter.Dispose();
    }

    private sealed class Exporter : BaseExporter<Metric>
    {
        public List<(string Queue, string Name, double Value)> Values { get; } = [];

        public Dictionary<string, double[]> Bounds { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (Metric metric in batch)
            {
                foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
                {
                    Add(metric, point);
                }
            }

            return ExportResult.Success;
        }

        private void Add(Metric metric, in MetricPoint point)
        {
            string queue = "";
            var rest = new List<string>();
            foreach ((string key, object? value) in point.Tags)
            {
                if (key == "messaging.destination.name")
                {
                    queue = (string)value!;
                }
                else if (key != "messaging.system")
                {
                    rest.Add($"{key}={value}");
                }
            }

            double number = metric.MetricType switch
            {
                MetricType.Histogram => point.GetHistogramCount(),
                MetricType.LongGauge => point.GetGaugeLastValueLong(),
                _ => point.GetSumLong(),
            };
            if (metric.MetricType == MetricType.Histogram)
            {
                var bounds = new List<double>();
                foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                {
                    bounds.Add(bucket.ExplicitBound);
                }

                Bounds[metric.Name] = [.. bounds.Where(double.IsFinite)];
            }

            rest.Sort(StringComparer.Ordinal);
            Values.Add((queue, string.Join(' ', [metric.Name, .. rest]), number));
        }
    }
}
