using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace TaskQ.Telemetry;

/// <summary>The instruments of one meter, and the queues that it observes.</summary>
/// <remarks>
/// The queues of a host share the meter of its <see cref="IMeterFactory"/>, those without one that of the process. A meter
/// for each queue would not do: collectors know a stream by its name, so disposing one queue's would end that of the others.
/// </remarks>
internal sealed class Instruments
{
    // What System.Diagnostics asks for: a meter lives as long as the process, or as its factory.
    [SuppressMessage("Reliability", "CA2000", Justification = "It lives as long as the process.")]
    private static readonly Meter ProcessMeter = new(Options());
    private static readonly ConditionalWeakTable<Meter, Instruments> ByMeter = [];
    private static readonly Lock ByMeterLock = new();

    // Those of the semantic conventions.
    private static readonly InstrumentAdvice<double> CallBuckets = Buckets(
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);

    // Messages may wait for hours.
    private static readonly InstrumentAdvice<double> WaitBuckets = Buckets(
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400);

    private readonly Lock _lock = new();
    private readonly List<WeakReference<QueueMetrics>> _queues = [];

    private Instruments(Meter meter)
    {
        CallDuration = meter.CreateHistogram(
            MetricNames.CallDuration, "s", "Duration of messaging operation initiated by a producer or consumer client.", tags: null, CallBuckets);
        SentMessages = meter.CreateCounter<long>(
            MetricNames.SentMessages, "{message}", "Number of messages producer attempted to send to the broker.");
        ConsumedMessages = meter.CreateCounter<long>(
            MetricNames.ConsumedMessages, "{message}", "Number of messages that were delivered to the application.");
        ProcessDuration = meter.CreateHistogram(
            MetricNames.ProcessDuration, "s", "Duration of processing operation.", tags: null, CallBuckets);
        MessageAge = meter.CreateHistogram(
            MetricNames.MessageAge, "s", "Time from the add of a message to the start of its first attempt, a delay included.", tags: null, WaitBuckets);
        Retries = meter.CreateCounter<long>(MetricNames.Retries, "{retry}", "Failed attempts that are tried again.");
        Fallbacks = meter.CreateCounter<long>(MetricNames.Fallbacks, "{fallback}", "Runs of fallback handlers.");
        DeadLetters = meter.CreateCounter<long>(MetricNames.DeadLetters, "{message}", "Messages that went to the dead letters.");
        Duplicates = meter.CreateCounter<long>(MetricNames.Duplicates, "{message}", "Adds that found their message in the queue already.");
        LimiterWait = meter.CreateHistogram(
            MetricNames.LimiterWait, "s", "Waits for a permit of the process's rate limiter.", tags: null, WaitBuckets);
        meter.CreateObservableUpDownCounter(
            MetricNames.Workers, () => Observe(static (queue, into) => queue.ObserveWorkers(into)), "{worker}", "Workers that run or wait for a message.");
        meter.CreateObservableUpDownCounter(
            MetricNames.Fetchers, () => Observe(static (queue, into) => queue.ObserveFetchers(into)), "{fetcher}", "Fetchers that ask the backend.");
        QueueDepth = meter.CreateObservableGauge(
            MetricNames.QueueDepth, () => Observe(static (queue, into) => queue.Depth.Observe(into)), "{message}", "Messages in the queue by state, over all processes.");
    }

    public Histogram<double> CallDuration { get; }

    public Counter<long> SentMessages { get; }

    public Counter<long> ConsumedMessages { get; }

    public Histogram<double> ProcessDuration { get; }

    public Histogram<double> MessageAge { get; }

    public Counter<long> Retries { get; }

    public Counter<long> Fallbacks { get; }

    public Counter<long> DeadLetters { get; }

    public Counter<long> Duplicates { get; }

    public Histogram<double> LimiterWait { get; }

    public ObservableGauge<long> QueueDepth { get; }

    /// <summary>Those of a host's meter, or of the process's.</summary>
    public static Instruments Of(IMeterFactory? factory)
    {
        Meter meter = factory?.Create(Options()) ?? ProcessMeter;

        // Under a lock, because an observable instrument that is created twice is observed twice.
        lock (ByMeterLock)
        {
            if (!ByMeter.TryGetValue(meter, out Instruments? instruments))
            {
                instruments = new Instruments(meter);
                ByMeter.Add(meter, instruments);
            }

            return instruments;
        }
    }

    /// <summary>Observes a queue until it is removed, or forgotten by everybody else.</summary>
    public void Add(QueueMetrics queue)
    {
        lock (_lock)
        {
            _queues.RemoveAll(static known => !known.TryGetTarget(out _));
            _queues.Add(new WeakReference<QueueMetrics>(queue));
        }
    }

    public void Remove(QueueMetrics queue)
    {
        lock (_lock)
        {
            _queues.RemoveAll(known => !known.TryGetTarget(out QueueMetrics? target) || ReferenceEquals(target, queue));
        }
    }

    private List<Measurement<long>> Observe(Action<QueueMetrics, List<Measurement<long>>> observe)
    {
        WeakReference<QueueMetrics>[] queues;
        lock (_lock)
        {
            queues = [.. _queues];
        }

        var measurements = new List<Measurement<long>>(queues.Length);
        foreach (WeakReference<QueueMetrics> known in queues)
        {
            if (known.TryGetTarget(out QueueMetrics? queue))
            {
                observe(queue, measurements);
            }
        }

        return measurements;
    }

    private static MeterOptions Options() => new(MetricNames.Meter)
    {
        Version = typeof(Instruments).Assembly.GetName().Version!.ToString(3),
        TelemetrySchemaUrl = MetricNames.SchemaUrl,
    };

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };
}
