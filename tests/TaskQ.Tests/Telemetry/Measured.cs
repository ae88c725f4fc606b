using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Xunit;

namespace TaskQ.Tests.Telemetry;

/// <summary>Listens to the meter of one host and keeps what it hears as text.</summary>
internal sealed class Measured : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, double Value, string Tags)> _heard = [];
    private readonly List<(string Instrument, double Value, string Tags)> _observed = [];
    private readonly MeterListener _listener = new();

    public Measured(TestMeters meters, string system = "in_memory")
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters))
            {
                Instruments.Enqueue(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(system, instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(system, instrument, value, tags));
        _listener.Start();
    }

    public ConcurrentQueue<Instrument> Instruments { get; } = [];

    /// <summary>The attributes of each measurement of an instrument, sorted, without system and queue, which must be right.</summary>
    public string[] Of(string instrument) =>
        [.. _heard.Where(heard => heard.Instrument == instrument).Select(heard => heard.Tags)];

    public double[] Values(string instrument) =>
        [.. _heard.Where(heard => heard.Instrument == instrument).Select(heard => heard.Value)];

    /// <summary>Asks the observable instruments; returns what one of them said.</summary>
    public (double Value, string Tags)[] Observe(string instrument)
    {
        _observed.Clear();
        _listener.RecordObservableInstruments();
        return [.. _observed.Where(heard => heard.Instrument == instrument).Select(heard => (heard.Value, heard.Tags))];
    }

    public void Dispose() => _listener.Dispose();

    private void Hear(string system, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var texts = new List<string>();
        foreach ((string key, object? tag) in tags)
        {
            if (key is not ("messaging.system" or "messaging.destination.name"))
            {
                texts.Add($"{key}={tag}");
            }
            else
            {
                Assert.Equal(key == "messaging.system" ? system : "test", tag);
            }
        }

        texts.Sort(StringComparer.Ordinal);
        (string, double, string) heard = (instrument.Name, value, string.Join(' ', texts));
        if (instrument.IsObservable)
        {
            // On the thread that asks.
            _observed.Add(heard);
        }
        else
        {
            _heard.Enqueue(heard);
        }
    }
}
