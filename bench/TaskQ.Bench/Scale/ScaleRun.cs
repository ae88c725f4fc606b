using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;

namespace TaskQ.Bench.Scale;

/// <summary>A consumer that is watched: its stats are sampled by a thread of its own, since the load may take the pool's.</summary>
internal sealed class ScaleRun : IAsyncDisposable
{
    private const int SampleMilliseconds = 100;
    private readonly BenchQueue _bench;
    private readonly Func<int, TaskMessage> _make;
    private readonly List<ScaleSample> _samples = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _lock = new();
    private Thread? _sampler;
    private long _start;

    public ScaleRun(BenchContext context, int minWorkers, int? maxWorkers, Delegate handler)
    {
        _bench = context.Open(options =>
        {
            options.MinWorkers = minWorkers;
            options.MaxWorkers = maxWorkers ?? options.MaxWorkers;
        });
        TaskDefinition task = Queue.RegisterTask("load", handler);
        _make = number => task.WithArgs(number);
    }

    public TaskQueue Queue => _bench.Queue;

    public double Elapsed => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    public Task AddAsync(int n) => Backlog.AddAsync(Queue, n, _make);

    public async Task StartAsync()
    {
        await Queue.StartAsync();
        _start = Stopwatch.GetTimestamp();
        _sampler = new Thread(Sample) { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _sampler.Start();
    }

    /// <summary>Waits until a condition on the latest sample holds, or some seconds since the start have passed.</summary>
    public async Task UntilAsync(Func<ScaleSample, bool> condition, double seconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(SampleMilliseconds), TimeProvider.System);
        while (Elapsed < seconds && !(Last() is { } last && condition(last)))
        {
            await timer.WaitForNextTickAsync();
        }
    }

    public Task ForAsync(double seconds) => UntilAsync(static _ => false, seconds);

    public ScaleSample? Last()
    {
        lock (_lock)
        {
            return _samples.Count == 0 ? null : _samples[^1];
        }
    }

    /// <summary>When a condition first held after a time, null when it never did.</summary>
    public double? FirstTime(Func<ScaleSample, bool> condition, double after = 0)
    {
        foreach (ScaleSample sample in Snapshot())
        {
            if (sample.Seconds >= after && condition(sample))
            {
                return sample.Seconds;
            }
        }

        return null;
    }

    /// <summary>Messages per second from a time on.</summary>
    public double RateSince(double seconds)
    {
        ScaleSample[] part = [.. Snapshot().Where(s => s.Seconds >= seconds)];
        return part.Length < 2 ? 0 : (part[^1].Processed - part[0].Processed) / (part[^1].Seconds - part[0].Seconds);
    }

    /// <summary>The fewest and the most workers, and their mean, from a time on.</summary>
    public (int Min, int Max, double Mean) WorkersSince(double seconds)
    {
        int[] part = [.. Snapshot().Where(s => s.Seconds >= seconds).Select(s => s.Workers)];
        return part.Length == 0 ? (0, 0, 0) : (part.Min(), part.Max(), part.Average());
    }

    /// <summary>Workers at each full second.</summary>
    public string Series()
    {
        IEnumerable<string> values = Snapshot()
            .GroupBy(s => (int)s.Seconds)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key}s={g.First().Workers}"));
        return string.Join(' ', values);
    }

    /// <summary>Ends the run; what was sampled stays.</summary>
    public async Task StopAsync()
    {
        _stop.Set();
        _sampler?.Join();
        await Queue.StopAsync(TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _bench.DisposeAsync();
        _stop.Dispose();
    }

    private ScaleSample[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _samples];
        }
    }

    private void Sample()
    {
        do
        {
            ConsumerStats stats = Queue.Consumer.Stats;
            var sample = new ScaleSample(Elapsed, stats.Workers, stats.Processed);
            lock (_lock)
            {
                _samples.Add(sample);
            }
        }
        while (!_stop.Wait(SampleMilliseconds));
    }
}
