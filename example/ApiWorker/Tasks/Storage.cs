using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using TaskQ;
using TaskQ.Hosting;
using TaskQ.Redis;
using TaskQ.Sql;
using TaskQ.Sqs;

namespace ApiWorker.Tasks;

/// <summary>Where the queues are, as the command line says. It is the same for the API, the worker and both in one process.</summary>
public sealed class Storage
{
    /// <summary>What it understands.</summary>
    public const string Usage = """
          --backend NAME      sqlite, redis, sqs, or memory where all is one process
          --file PATH         the file of the backend sqlite; queue.db by default
          --redis HOST:PORT   keep the queues in Redis; everything that StackExchange.Redis understands. Beside
                              --backend sqs it keeps what SQS has no notion of
          --create-queues     create the queues in SQS if they are missing; AWS_ENDPOINT_URL_SQS leads to a local server
        """;

    /// <summary>What <see cref="SharedFrom"/> does where nothing is said.</summary>
    public const string SharedUsage = "Without options the queues are in queue.db, a SQLite file in the current folder, which the API and the worker share.";

    private const string SqliteName = "queue.db";

    private readonly Action<TaskQHostBuilder> _use;

    private Storage(string name, Action<TaskQHostBuilder> use) => (Name, _use) = (name, use);

    /// <summary>The backend's name.</summary>
    public string Name { get; }

    /// <summary>Whether other processes see the queues.</summary>
    public bool IsShared { get; private init; } = true;

    /// <summary>Whether the store keeps rate limits over all processes.</summary>
    public bool KeepsLimits { get; private init; } = true;

    /// <summary>Takes what it understands. Another backend is another line here.</summary>
    public static Storage From(Arguments arguments) => From(arguments, otherwise: "memory");

    /// <summary>As <see cref="From(Arguments)"/>, for a binary that needs another one: SQLite where nothing is said.</summary>
    public static Storage SharedFrom(Arguments arguments)
    {
        Storage storage = From(arguments, otherwise: "sqlite");
        return storage.IsShared
            ? storage
            : throw new UsageException("The API and the worker are two processes, so they need a store that both see: --backend sqlite, which is the default, redis or sqs.");
    }

    private static Storage From(Arguments arguments, string otherwise)
    {
        string? redis = arguments.Value("--redis");
        string? file = arguments.Value("--file");
        string backend = arguments.Value("--backend") ?? (redis is not null ? "redis" : file is not null ? "sqlite" : otherwise);
        bool createQueues = arguments.Flag("--create-queues");
        Storage storage = backend switch
        {
            // Encoded as for a real store; without this option the arguments pass by reference.
            "memory" => new("memory", taskq => taskq.UseMemory(options => options.EncodeMessages = true)) { IsShared = false },
            "sqlite" => new("sqlite", taskq => taskq.UseSql(SqliteFile.Open(file ?? SqliteName), SqlDialect.Sqlite)),
            "redis" => new("redis", taskq => taskq.UseRedis(redis ?? "localhost:6379")),
            "sqs" => new("sqs", taskq => UseSqs(taskq, createQueues, companion: redis)) { KeepsLimits = redis is not null },
            _ => throw new UsageException($"There is no backend '{backend}'; there are memory, sqlite, redis and sqs."),
        };
        return redis is not null && backend is "memory" or "sqlite" ? throw new UsageException($"--redis does not go with --backend {backend}.")
            : file is not null && backend != "sqlite" ? throw new UsageException("--file goes with --backend sqlite.")
            : createQueues && backend != "sqs" ? throw new UsageException("--create-queues goes with --backend sqs.")
            : storage;
    }

    /// <summary>Makes it the backend of the queues that are added next.</summary>
    public void Use(TaskQHostBuilder taskq) => _use(taskq);

    /// <summary>Limits a queue: over all processes where the store can do that, else in each process.</summary>
    public void SetLimit(QueueOptions options, RateLimit limit)
    {
        if (KeepsLimits)
        {
            options.RateLimit = limit;
            return;
        }

        options.RateLimiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = limit.Burst,
            TokensPerPeriod = limit.Permits,
            ReplenishmentPeriod = limit.Period,
            QueueLimit = int.MaxValue,
        });
    }

    // The companion keeps names and limits, of which SQS has no notion. The host's services own it, and outlive the queues.
    private static void UseSqs(TaskQHostBuilder taskq, bool createQueues, string? companion)
    {
        if (companion is not null)
        {
            taskq.Services.AddSingleton(_ => new RedisQueueFactory(companion));
        }

        taskq.UseBackend("Amazon SQS", services => new SqsQueueFactory(new SqsOptions
        {
            QueueNamePrefix = "apiworker-",
            CreateQueues = createQueues,
            Coordinator = services.GetService<RedisQueueFactory>(),
        }));
    }
}
