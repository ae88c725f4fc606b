using System.Globalization;

namespace TaskQ.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    /// <summary>The scenarios by name, in the order they were given.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>The backend by name.</summary>
    public string Backend { get; init; } = "memory";

    /// <summary>The Redis server to use, null to start one.</summary>
    public string? Redis { get; init; }

    /// <summary>The URL of the SQS to use, null to start a server.</summary>
    public string? Sqs { get; init; }

    /// <summary>What the keys of Redis begin with, null for a prefix of its own.</summary>
    public string? Prefix { get; init; }

    /// <summary>The queue of <c>consume</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>What the command line sets of the queues' options.</summary>
    public QueueTuning Tuning { get; init; } = new();

    /// <summary>Messages per round, null for the scenario's own number.</summary>
    public int? N { get; init; }

    /// <summary>Measured rounds.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>JSON lines instead of a table.</summary>
    public bool Json { get; init; }

    /// <summary>The most messages that a queue in memory holds, null for no bound; adds wait for room.</summary>
    public int? Capacity { get; init; }

    /// <summary>Memory through the codec.</summary>
    public bool Encoded { get; init; }

    /// <summary>Typed tasks instead of plain delegates.</summary>
    public bool Typed { get; init; }

    /// <summary>A stopwatch instead of BenchmarkDotNet.</summary>
    public bool Quick { get; init; }

    /// <summary>Every load of <c>scale</c>, in full length.</summary>
    public bool Full { get; init; }

    /// <summary>Exit code 1 when a target is missed.</summary>
    public bool Check { get; init; }

    /// <summary>The file of recorded shares of the bare limits, which become the targets; null for the usual targets.</summary>
    public string? Guard { get; init; }

    /// <summary>Whether what is measured is recorded in the file first.</summary>
    public bool Record { get; init; }

    /// <summary>How much of a recorded share is enough, in percent.</summary>
    public int LeastPercent { get; init; } = 70;

    /// <summary>Whether the types are printed of which most was allocated.</summary>
    public bool Allocations { get; init; }

    /// <summary>Parses the command line.</summary>
    /// <exception cref="ArgumentException">It can't be understood; the message says what.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        var scenarios = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--backend" => options with { Backend = Value(args, ref i) },
                "--redis" => options with { Redis = Value(args, ref i) },
                "--sqs" => options with { Sqs = Value(args, ref i) },
                "--prefix" => options with { Prefix = Value(args, ref i) },
                "--queue" => options with { Queue = Value(args, ref i) },
                "--workers" => options with { Tuning = options.Tuning with { Workers = Number(args, ref i) } },
                "--fetchers" => options with { Tuning = options.Tuning with { Fetchers = Number(args, ref i) } },
                "--fetch-batch" => options with { Tuning = options.Tuning with { FetchBatch = Number(args, ref i) } },
                "--buffer" => options with { Tuning = options.Tuning with { Buffer = Number(args, ref i) } },
                "--n" => options with { N = Number(args, ref i) },
                "--rounds" => options with { Rounds = Number(args, ref i) },
                "--json" => options with { Json = true },
                "--capacity" => options with { Capacity = Number(args, ref i) },
                "--encoded" => options with { Encoded = true },
                "--typed" => options with { Typed = true },
                "--quick" => options with { Quick = true },
                "--full" => options with { Full = true },
                "--check" => options with { Check = true },
                "--guard" => options with { Guard = Value(args, ref i) },
                "--record" => options with { Record = true },
                "--least" => options with { LeastPercent = Number(args, ref i) },
                "--allocations" => options with { Allocations = true },
                var arg when arg.StartsWith('-') => throw new ArgumentException($"There is no option '{arg}'."),
                var arg => Named(options, scenarios, arg),
            };
        }

        Check(options.Redis is not null || options.Prefix is not null, "redis");
        Check(options.Sqs is not null, "sqs");
        Check(options.Capacity is not null, "memory");
        return scenarios.Count == 0
            ? throw new ArgumentException("Name a scenario.")
            : options with { Scenarios = scenarios };

        void Check(bool given, string backend)
        {
            if (given && options.Backend != backend)
            {
                throw new ArgumentException($"An option for {backend} needs '--backend {backend}'.");
            }
        }
    }

    private static BenchOptions Named(BenchOptions options, List<string> scenarios, string arg)
    {
        scenarios.AddRange(arg.Split(',', StringSplitOptions.RemoveEmptyEntries));
        return options;
    }

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new ArgumentException($"Option '{args[i - 1]}' needs a value.");

    private static int Number(string[] args, ref int i)
    {
        string name = args[i];
        string text = Value(args, ref i);
        return int.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new ArgumentException($"Option '{name}' takes a number from 1 on, not '{text}'.");
    }
}
