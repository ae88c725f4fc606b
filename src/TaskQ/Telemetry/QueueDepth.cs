using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace TaskQ.Telemetry;

/// <summary>The counts of a queue as they were a few seconds ago: an observation must not wait for the store.</summary>
/// <remarks>The consumer's loops refresh them, in the background and only while somebody listens.</remarks>
internal sealed class QueueDepth(TaskQueue queue, QueueMetrics metrics, Instruments instruments)
{
    /// <summary>How old a count gets before a loop that comes by asks for another.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _timeProvider = queue.Options.TimeProvider;
    private Sample? _sample;
    private long _askedAt;
    private int _asking;

    /// <summary>Asks the store unless it was asked lately. Returns at once.</summary>
    public void Refresh(ILogger logger)
    {
        if (!instruments.QueueDepth.Enabled)
        {
            return;
        }

        long askedAt = Volatile.Read(ref _askedAt);
        if ((askedAt == 0 || _timeProvider.GetElapsedTime(askedAt) >= Interval) && Interlocked.Exchange(ref _asking, 1) == 0)
        {
            askedAt = Math.Max(_timeProvider.GetTimestamp(), 1);
            Volatile.Write(ref _askedAt, askedAt);
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => _ = state.Depth.AskAsync(state.AskedAt, state.Logger),
                (Depth: this, AskedAt: askedAt, Logger: logger),
                preferLocal: false);
        }
    }

    /// <summary>Forgets the counts: nobody refreshes them any more.</summary>
    public void Forget()
    {
        Volatile.Write(ref _sample, null);
        Volatile.Write(ref _askedAt, 0);
    }

    public void Observe(List<Measurement<long>> measurements)
    {
        if (Volatile.Read(ref _sample) is { Counts: var counts })
        {
            measurements.Add(Measure(counts.Ready, "ready"));
            measurements.Add(Measure(counts.Delayed, "delayed"));
            measurements.Add(Measure(counts.InFlight, "in_flight"));
            measurements.Add(Measure(counts.Dead, "dead"));
        }
    }

    private Measurement<long> Measure(long count, string state) =>
        new(count, [metrics.SystemTag, metrics.DestinationTag, new(MetricNames.StateAttribute, state)]);

    private async Task AskAsync(long askedAt, ILogger logger)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, _timeProvider);
            QueueCounts counts = await queue.Backend.CountAsync(patience.Token).ConfigureAwait(false);
            if (Volatile.Read(ref _askedAt) == askedAt)
            {
                // The consumer still runs.
                Volatile.Write(ref _sample, new Sample(counts));
            }
        }
#pragma warning disable CA1031 // Whatever the store's client throws: an old count would be a wrong one, and the next may succeed.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Volatile.Write(ref _sample, null);
            Log.DepthUnknown(logger, error, queue.Name);
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    private sealed record Sample(QueueCounts Counts);
}
