using System.Globalization;

namespace TaskQ.FaultWorker;

/// <summary>What a worker process is told, as pairs of name and value.</summary>
internal sealed class WorkerOptions
{
    public string Backend { get; private set; } = "redis";

    public string Connection { get; private set; } = "";

    public string Queue { get; private set; } = "";

    public string LogFolder { get; private set; } = "";

    public TimeSpan Lease { get; private set; } = TimeSpan.FromSeconds(2);

    public int Workers { get; private set; } = 8;

    public int? Batch { get; private set; }

    public int? Buffer { get; private set; }

    public int? WorkerLimit { get; private set; }

    public int? Rate { get; private set; }

    public int CrashLimit { get; private set; } = 3;

    /// <summary>How long a message takes, whatever it says itself.</summary>
    public TimeSpan? Work { get; private set; }

    /// <summary>By how much the clock of this process is wrong.</summary>
    public TimeSpan ClockOffset { get; private set; }

    public TimeSpan StopTimeout { get; private set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether it runs nothing but counts all the time.</summary>
    public bool OnlyCounts { get; private set; }

    /// <summary>Whether it runs nothing but adds all the time.</summary>
    public bool OnlyAdds { get; private set; }

    public static WorkerOptions Parse(string[] args)
    {
        var options = new WorkerOptions();
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            options.Set(args[i], args[i + 1]);
        }

        return options;
    }

    public QueueOptions ToQueueOptions(RunWriter log) => new()
    {
        Name = Queue,
        LeaseDuration = Lease,
        MinWorkers = Workers,
        MaxWorkers = Workers,
        MaxFetchers = 1,
        FetchBatchSize = Batch,
        BufferSize = Buffer,
        WorkerLimit = WorkerLimit,
        RateLimit = Rate is { } permits ? new RateLimit(permits, TimeSpan.FromSeconds(1), Math.Max(1, permits / 10)) : null,
        TimeProvider = ClockOffset == TimeSpan.Zero ? TimeProvider.System : new WrongClock(ClockOffset),
        Services = new LogServices(log),
    };

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);

    private static TimeSpan Span(string value) => TimeSpan.FromMilliseconds(Number(value));

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--backend": Backend = value; break;
            case "--connection": Connection = value; break;
            case "--queue": Queue = value; break;
            case "--log": LogFolder = value; break;
            case "--lease-ms": Lease = Span(value); break;
            case "--workers": Workers = Number(value); break;
            case "--batch": Batch = Number(value); break;
            case "--buffer": Buffer = Number(value); break;
            case "--worker-limit": WorkerLimit = Number(value); break;
            case "--rate": Rate = Number(value); break;
            case "--crash-limit": CrashLimit = Number(value); break;
            case "--work-ms": Work = Span(value); break;
            case "--clock-ms": ClockOffset = Span(value); break;
            case "--stop-ms": StopTimeout = Span(value); break;
            case "--only-counts": OnlyCounts = bool.Parse(value); break;
            case "--only-adds": OnlyAdds = bool.Parse(value); break;
            default: throw new ArgumentException($"Unknown argument '{name}'.");
        }
    }
}
