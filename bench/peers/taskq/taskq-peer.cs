// TaskQ, by the protocol of the peers: what its bench does not run, which is crash, and all scenarios on PostgreSQL.
// Settings: concurrency, leaseMs, workers, fetchers, fetchBatch, buffer, prepare (statements, by Npgsql).
#:package Npgsql@10.0.0
#:project ../../../src/TaskQ/TaskQ.csproj
#:project ../../../src/TaskQ.Redis/TaskQ.Redis.csproj
#:project ../../../src/TaskQ.Sql/TaskQ.Sql.csproj

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using TaskQ;
using TaskQ.Redis;
using TaskQ.Sql;

const string Text = "someone@example.org";
const int Producers = 16;
const int PerCall = 1000;
const int LatencyWarmUp = 300;
TimeSpan warmUp = TimeSpan.FromSeconds(5);
TimeSpan interval = TimeSpan.FromMilliseconds(10);
TimeSpan workTime = TimeSpan.FromMilliseconds(100);

string scenario = args[0];
int n = int.Parse(args[1], CultureInfo.InvariantCulture);
JsonNode settings = JsonNode.Parse(args.Length > 2 ? args[2] : "{}")!;
var server = new Uri(Environment.GetEnvironmentVariable("PEER_URL")!);

// One for all factories, as in an application: each has a pool of connections.
using NpgsqlDataSource? source = server.Scheme == "redis"
    ? null
    : NpgsqlDataSource.Create(
        $"Host={server.Host};Port={server.Port};Username={server.UserInfo};Database={server.AbsolutePath[1..]}"
        + ((bool?)settings["prepare"] == true ? ";Max Auto Prepare=20;Auto Prepare Min Usages=2" : ""));

object result = scenario switch
{
    "fill" => await FillAsync("jobs", n),
    "drain" => await DrainAsync(),
    "latency" => await LatencyAsync(),
    "work" => await WorkAsync(),
    _ => await MeasureAddsAsync(),
};
Console.WriteLine(JsonSerializer.Serialize(result));

// Seconds of the machine's monotonic clock, which all processes share.
static double Now() => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

QueueFactory Open() => source is null
    ? new RedisQueueFactory($"{server.Host}:{server.Port}")
    : new SqlQueueFactory(source, SqlDialect.PostgreSql);

TaskQueue Register(QueueFactory factory, string name)
{
    var options = new QueueOptions { Name = name };
    if ((int?)settings["leaseMs"] is { } lease)
    {
        options.LeaseDuration = TimeSpan.FromMilliseconds(lease);
    }

    if ((int?)(settings["workers"] ?? settings["concurrency"]) is { } workers)
    {
        (options.MinWorkers, options.MaxWorkers) = (workers, workers);
    }

    if ((int?)settings["fetchers"] is { } fetchers)
    {
        (options.MinFetchers, options.MaxFetchers) = (fetchers, fetchers);
    }

    options.FetchBatchSize = (int?)settings["fetchBatch"] ?? options.FetchBatchSize;
    options.BufferSize = (int?)settings["buffer"] ?? options.BufferSize;
    return factory.RegisterQueue(options);
}

// Short rounds on queues of their own until the JIT has had its time.
async Task WarmUpAsync(Func<string, int, Task> roundAsync)
{
    double end = Now() + warmUp.TotalSeconds;
    for (int i = 0; Now() < end; i++)
    {
        await roundAsync($"warm-{Environment.ProcessId}-{i}", Math.Max(1, n / 10));
    }
}

async Task<object> FillAsync(string name, int count)
{
    await using QueueFactory factory = Open();
    TaskQueue queue = Register(factory, name);
    TaskDefinition task = queue.RegisterTask("noop", (string text, int number) => { });
    await AddManyAsync(queue, task, count);
    return new { n = count };
}

async Task AddManyAsync(TaskQueue queue, TaskDefinition task, int count)
{
    for (int from = 0; from < count; from += PerCall)
    {
        await queue.AddRangeAsync(Enumerable.Range(from, Math.Min(PerCall, count - from)).Select(i => task.WithArgs(Text, i)));
    }
}

Task AddAtOnceAsync(int count, Func<int, Task> addAsync) =>
    Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
    {
        for (int i = producer; i < count; i += Producers)
        {
            await addAsync(i);
        }
    })));

async Task<double> AddAsync(string name, int count)
{
    await using QueueFactory factory = Open();
    TaskQueue queue = Register(factory, name);
    TaskDefinition task = queue.RegisterTask("noop", (string text, int number) => { });
    await queue.CountAsync();
    double start = Now();
    switch (scenario)
    {
        case "add":
            for (int i = 0; i < count; i++)
            {
                await queue.AddAsync(task.WithArgs(Text, i));
            }

            break;
        case "add16": await AddAtOnceAsync(count, i => queue.AddAsync(task.WithArgs(Text, i))); break;
        case "addrange": await AddManyAsync(queue, task, count); break;
        case "dedupe": await AddAtOnceAsync(count, i => queue.AddAsync(task.WithArgs(Text, i).WithName($"order-{i}"))); break;
        default: throw new ArgumentException($"TaskQ has no {scenario} here.");
    }

    double seconds = Now() - start;
    if (scenario == "dedupe")
    {
        await queue.AddAsync(task.WithArgs(Text, 0).WithName("order-0"));
    }

    QueueCounts counts = await queue.CountAsync();
    return counts.Ready == count ? seconds : throw new InvalidOperationException($"{count} messages were added, the queue holds {counts}.");
}

async Task<object> MeasureAddsAsync()
{
    await WarmUpAsync(AddAsync);
    return new { n, seconds = await AddAsync("jobs", n) };
}

// Runs a consumer until it has had all messages.
async Task<object> DrainOneAsync(string name, int count)
{
    await using QueueFactory factory = Open();
    TaskQueue queue = Register(factory, name);
    int left = count;
    double first = 0;
    var done = new TaskCompletionSource<double>(TaskCreationOptions.RunContinuationsAsynchronously);
    queue.RegisterTask("noop", (string text, int number) =>
    {
        int after = Interlocked.Decrement(ref left);
        if (after == count - 1)
        {
            first = Now();
        }

        if (after == 0)
        {
            done.SetResult(Now());
        }
    });
    double start = Now();
    await queue.StartAsync();
    double last = await done.Task;
    await queue.StopAsync(TimeSpan.FromSeconds(10));
    ConsumerStats stats = queue.Consumer.Stats;
    if (stats.Failures + stats.Retries > 0)
    {
        throw new InvalidOperationException($"{stats.Failures} messages failed, {stats.Retries} were retried.");
    }

    return new { start, first, last, count = count - left };
}

async Task<object> DrainAsync()
{
    await WarmUpAsync(async (name, count) =>
    {
        await FillAsync(name, count);
        await DrainOneAsync(name, count);
    });
    Console.WriteLine("ready");
    await Console.In.ReadLineAsync();
    return await DrainOneAsync("jobs", n);
}

// An idle consumer and one message each 10 ms: from the call of AddAsync to the start of the handler.
async Task<object> LatencyAsync()
{
    int all = n + LatencyWarmUp;
    var added = new double[all];
    var started = new double[all];
    int left = all;
    var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    await using QueueFactory consumers = Open();
    TaskQueue consumer = Register(consumers, "jobs");
    using var warmUps = new SemaphoreSlim(0);
    consumer.RegisterTask("noop", (string text, int number) =>
    {
        if (number < 0)
        {
            warmUps.Release();
            return;
        }

        started[number] = Now();
        if (Interlocked.Decrement(ref left) == 0)
        {
            done.SetResult();
        }
    });
    await using QueueFactory producers = Open();
    TaskQueue producer = Register(producers, "jobs");
    TaskDefinition task = producer.RegisterTask("noop", (string text, int number) => { });
    await consumer.StartAsync();
    for (double end = Now() + warmUp.TotalSeconds; Now() < end;)
    {
        await producer.AddAsync(task.WithArgs(Text, -1));
        await warmUps.WaitAsync();
    }

    using var timer = new PeriodicTimer(interval);
    for (int i = 0; i < all; i++)
    {
        await timer.WaitForNextTickAsync();
        added[i] = Now();
        await producer.AddAsync(task.WithArgs(Text, i));
    }

    await done.Task;
    double[] sorted = [.. Enumerable.Range(LatencyWarmUp, n).Select(i => (started[i] - added[i]) * 1e3).Order()];
    return new { n, p50_ms = Percentile(sorted, 0.50), p99_ms = Percentile(sorted, 0.99) };

    static double Percentile(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}

// A consumer to kill: it records when each handler starts and ends.
async Task<object> WorkAsync()
{
    using var log = new FileStream(
        Environment.GetEnvironmentVariable("PEER_LOG")!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    await using QueueFactory factory = Open();
    TaskQueue queue = Register(factory, "jobs");
    queue.RegisterTask("noop", async (string text, int number) =>
    {
        Record('S', number);
        await Task.Delay(workTime);
        Record('E', number);
    });
    await queue.StartAsync();
    await Task.Delay(Timeout.Infinite);
    return new { };

    void Record(char kind, int number)
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind} {number} {Now()}\n"));
        lock (log)
        {
            log.Write(line);
        }
    }
}
