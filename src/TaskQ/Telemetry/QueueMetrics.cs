using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskQ.Telemetry;

/// <summary>What is measured of one queue. Every member returns at once, and allocates nothing, while nobody listens.</summary>
internal sealed class QueueMetrics : IDisposable
{
    private readonly TaskQueue _queue;
    private readonly Instruments _instruments;
    private readonly TimeProvider _timeProvider;

    public QueueMetrics(TaskQueue queue)
    {
        _queue = queue;
        _timeProvider = queue.Options.TimeProvider;
        _instruments = Instruments.Of(queue.Options.Services?.GetService<IMeterFactory>());
        SystemTag = new(MetricNames.SystemAttribute, queue.Capabilities.System);
        DestinationTag = new(MetricNames.DestinationAttribute, queue.Name);
        Depth = new QueueDepth(queue, this, _instruments);
        _instruments.Add(this);
    }

    /// <summary>The backend's name, on every measurement.</summary>
    public KeyValuePair<string, object?> SystemTag { get; }

    /// <summary>The queue's name, on every measurement.</summary>
    public KeyValuePair<string, object?> DestinationTag { get; }

    public QueueDepth Depth { get; }

    /// <summary>Whether anybody wants to know of adds.</summary>
    public bool WatchesAdds =>
        _instruments.SentMessages.Enabled || _instruments.CallDuration.Enabled || _instruments.Duplicates.Enabled;

    /// <summary>Ends the observations of the queue.</summary>
    public void Dispose() => _instruments.Remove(this);

    /// <summary>The start of a call to the store, for <see cref="EndCall"/>; 0 when nobody wants to know.</summary>
    public long StartCall() => _instruments.CallDuration.Enabled ? Now() : 0;

    /// <summary>Measures a call to the store.</summary>
    public void EndCall(long start, ClientCall call, Exception? error)
    {
        if (start != 0)
        {
            TagList tags = ErrorTags(error?.GetType().FullName);
            AddOperation(ref tags, call);
            Record(_instruments.CallDuration, SecondsSince(start), tags);
        }
    }

    /// <summary>Counts messages that the store was asked to add.</summary>
    public void OnSent(int count, int duplicates, Exception? error)
    {
        if (_instruments.SentMessages.Enabled)
        {
            TagList tags = ErrorTags(error?.GetType().FullName);
            AddOperation(ref tags, ClientCall.Add);
            Count(_instruments.SentMessages, count, tags);
        }

        if (duplicates > 0 && _instruments.Duplicates.Enabled)
        {
            Count(_instruments.Duplicates, duplicates, ErrorTags(null));
        }
    }

    /// <summary>Counts messages that the store has answered for.</summary>
    public void OnSent(AddResult[] results)
    {
        if (!WatchesAdds)
        {
            return;
        }

        int duplicates = 0;
        foreach (AddResult result in results)
        {
            duplicates += result.IsDuplicate ? 1 : 0;
        }

        OnSent(results.Length, duplicates, null);
    }

    /// <summary>Counts messages that were reserved here.</summary>
    public void OnConsumed(int count)
    {
        if (count > 0 && _instruments.ConsumedMessages.Enabled)
        {
            TagList tags = ErrorTags(null);
            AddOperation(ref tags, ClientCall.Fetch);
            Count(_instruments.ConsumedMessages, count, tags);
        }
    }

    /// <summary>The start of a handler's run, for <see cref="EndRun"/>; 0 when nobody wants to know. Measures how old the message is.</summary>
    public long StartRun(TaskDefinition definition, TaskMessage message)
    {
        if (message.Attempt == 1 && _instruments.MessageAge.Enabled)
        {
            // The producer's clock may be ahead.
            double age = Math.Max(0, (_timeProvider.GetUtcNow() - message.EnqueuedAt).TotalSeconds);
            Record(_instruments.MessageAge, age, TaskTags(definition, null));
        }

        return _instruments.ProcessDuration.Enabled ? Now() : 0;
    }

    /// <summary>Measures a handler's run.</summary>
    public void EndRun(long start, TaskDefinition definition, Type? error)
    {
        if (start != 0)
        {
            TagList tags = TaskTags(definition, error?.FullName);
            tags.Add(MetricNames.OperationNameAttribute, "process");
            tags.Add(MetricNames.OperationTypeAttribute, "process");
            Record(_instruments.ProcessDuration, SecondsSince(start), tags);
        }
    }

    /// <summary>Counts an attempt that is tried again.</summary>
    public void OnRetry(TaskDefinition? definition, Exception error)
    {
        if (_instruments.Retries.Enabled)
        {
            Count(_instruments.Retries, 1, TaskTags(definition, error.GetType().FullName));
        }
    }

    /// <summary>Counts the run of a fallback handler.</summary>
    /// <param name="definition">The task.</param>
    /// <param name="error">What the fallback handler threw, null when it succeeded.</param>
    public void OnFallback(TaskDefinition definition, Exception? error)
    {
        if (_instruments.Fallbacks.Enabled)
        {
            Count(_instruments.Fallbacks, 1, TaskTags(definition, error?.GetType().FullName));
        }
    }

    /// <summary>Counts a dead letter.</summary>
    public void OnDead(TaskDefinition? definition, string reason, Exception? error)
    {
        if (_instruments.DeadLetters.Enabled)
        {
            TagList tags = TaskTags(definition, error?.GetType().FullName);
            tags.Add(MetricNames.ReasonAttribute, reason);
            Count(_instruments.DeadLetters, 1, tags);
        }
    }

    /// <summary>The start of a wait for a permit, for <see cref="EndLimiterWait"/>; 0 when nobody wants to know.</summary>
    public long StartLimiterWait() => _instruments.LimiterWait.Enabled ? Now() : 0;

    public void EndLimiterWait(long start)
    {
        if (start != 0)
        {
            Record(_instruments.LimiterWait, SecondsSince(start), ErrorTags(null));
        }
    }

    public void ObserveWorkers(List<Measurement<long>> measurements) =>
        measurements.Add(new Measurement<long>(_queue.Consumer.Stats.Workers, SystemTag, DestinationTag));

    public void ObserveFetchers(List<Measurement<long>> measurements) =>
        measurements.Add(new Measurement<long>(_queue.Consumer.Stats.Fetchers, SystemTag, DestinationTag));

    private static void Record(Histogram<double> histogram, double seconds, in TagList tags)
    {
        try
        {
            histogram.Record(seconds, tags);
        }
#pragma warning disable CA1031 // A listener of the user's may throw anything; it must fail no message and end no loop.
        catch (Exception error)
        {
            Debug.WriteLine(error);
        }
    }

    private static void Count(Counter<long> counter, long count, in TagList tags)
    {
        try
        {
            counter.Add(count, tags);
        }
        catch (Exception error)
#pragma warning restore CA1031
        {
            Debug.WriteLine(error);
        }
    }

    private static void AddOperation(ref TagList tags, ClientCall call)
    {
        (string name, string type) = call switch
        {
            ClientCall.Add => ("add", "send"),
            ClientCall.Fetch => ("fetch", "receive"),
            _ => ("settle", "settle"),
        };
        tags.Add(MetricNames.OperationNameAttribute, name);
        tags.Add(MetricNames.OperationTypeAttribute, type);
    }

    private TagList ErrorTags(string? errorType)
    {
        var tags = default(TagList);
        tags.Add(SystemTag);
        tags.Add(DestinationTag);
        if (errorType is not null)
        {
            tags.Add(MetricNames.ErrorTypeAttribute, errorType);
        }

        return tags;
    }

    /// <summary>The task by the name that it is registered under: names that come with messages are without number.</summary>
    private TagList TaskTags(TaskDefinition? definition, string? errorType)
    {
        TagList tags = ErrorTags(errorType);
        if (definition is not null)
        {
            tags.Add(MetricNames.TaskAttribute, definition.Name);
        }

        return tags;
    }

    private long Now() => Math.Max(_timeProvider.GetTimestamp(), 1);

    private double SecondsSince(long start) => _timeProvider.GetElapsedTime(start).TotalSeconds;
}
