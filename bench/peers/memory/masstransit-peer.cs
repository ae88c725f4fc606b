// MassTransit's in-memory transport: https://masstransit.io. Settings: concurrency (and as many messages ahead, at least 16).
#:package MassTransit@8.5.12
#:package Microsoft.Extensions.Configuration.Abstractions@10.0.14
#:package Microsoft.Extensions.DependencyInjection@10.0.14
#:package Microsoft.Extensions.DependencyInjection.Abstractions@10.0.14
#:package Microsoft.Extensions.Diagnostics.HealthChecks@10.0.14
#:package Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions@10.0.14
#:package Microsoft.Extensions.Hosting@10.0.14
#:package Microsoft.Extensions.Hosting.Abstractions@10.0.14
#:package Microsoft.Extensions.Logging.Abstractions@10.0.14
#:package Microsoft.Extensions.Options@10.0.14

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Peer;

const int Producers = 16;
const int LatencyWarmUp = 300;
const string Text = "someone@example.org";
TimeSpan warmUp = TimeSpan.FromSeconds(5);
TimeSpan interval = TimeSpan.FromMilliseconds(10);

string scenario = args[0];
int n = int.Parse(args[1], CultureInfo.InvariantCulture);
int? concurrency = (int?)JsonNode.Parse(args.Length > 2 ? args[2] : "{}")!["concurrency"];

var counter = new Counter();
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
builder.Logging.ClearProviders();
builder.Services.AddSingleton(counter);
builder.Services.AddMassTransit(bus =>
{
    bus.AddConsumer<NoopConsumer>();
    bus.UsingInMemory((context, memory) =>
    {
        if (concurrency is { } limit)
        {
            memory.ConcurrentMessageLimit = limit;
            memory.PrefetchCount = Math.Max(16, limit);
        }

        memory.ReceiveEndpoint("jobs", endpoint => endpoint.ConfigureConsumer<NoopConsumer>(context));
    });
});

using IHost host = builder.Build();
await host.StartAsync();
ISendEndpoint queue = await host.Services.GetRequiredService<IBus>().GetSendEndpoint(new Uri("queue:jobs"));
object result = scenario switch
{
    "roundtrip" => await RoundtripAsync(),
    "latency" => await LatencyAsync(),
    _ => throw new ArgumentException($"MassTransit has no {scenario} here."),
};
Console.WriteLine(JsonSerializer.Serialize(result));
await host.StopAsync();

// 16 producers and the consumer at once, as TaskQ's bench has it: from the first send to the last handler.
async Task<object> RoundtripAsync()
{
    long begin = Stopwatch.GetTimestamp();
    while (Stopwatch.GetElapsedTime(begin) < warmUp)
    {
        await RoundAsync(Math.Max(1, n / 10));
    }

    return new { n, seconds = await RoundAsync(n) };
}

async Task<double> RoundAsync(int count)
{
    Task<long> last = counter.Expect(count);
    long start = Stopwatch.GetTimestamp();
    await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
    {
        for (int i = producer; i < count; i += Producers)
        {
            await queue.Send(new Noop(Text, i));
        }
    })));
    return Stopwatch.GetElapsedTime(start, await last).TotalSeconds;
}

// An idle consumer and one message each 10 ms: from the call of Send to the start of the handler.
async Task<object> LatencyAsync()
{
    int all = n + LatencyWarmUp;
    var added = new long[all];
    counter.Started = new long[all];
    for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < warmUp;)
    {
        Task<long> ran = counter.Expect(1);
        await queue.Send(new Noop(Text, 0));
        await ran;
    }

    Task<long> last = counter.Expect(all);
    using var timer = new PeriodicTimer(interval);
    for (int i = 0; i < all; i++)
    {
        await timer.WaitForNextTickAsync();
        var message = new Noop(Text, i);
        added[i] = Stopwatch.GetTimestamp();
        await queue.Send(message);
    }

    await last;
    double[] sorted = [.. Enumerable.Range(LatencyWarmUp, n)
        .Select(i => Stopwatch.GetElapsedTime(added[i], counter.Started[i]).TotalMilliseconds)
        .Order()];
    return new { n, p50_ms = Percentile(sorted, 0.50), p99_ms = Percentile(sorted, 0.99) };
}

static double Percentile(double[] sorted, double share) =>
    sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

namespace Peer
{
    /// <summary>The message.</summary>
    public sealed record Noop(string Text, int Number);

    /// <summary>Counts what ran.</summary>
    public sealed class Counter
    {
        private TaskCompletionSource<long> _done = new();
        private int _left;

        public long[] Started { get; set; } = [];

        public Task<long> Expect(int count)
        {
            _done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _left, count);
            return _done.Task;
        }

        public void Handle(int number)
        {
            long now = Stopwatch.GetTimestamp();
            if (Started.Length > 0)
            {
                Started[number] = now;
            }

            if (Interlocked.Decrement(ref _left) == 0)
            {
                _done.SetResult(now);
            }
        }
    }

    /// <summary>The handler.</summary>
    public sealed class NoopConsumer(Counter counter) : IConsumer<Noop>
    {
        public Task Consume(ConsumeContext<Noop> context)
        {
            counter.Handle(context.Message.Number);
            return Task.CompletedTask;
        }
    }
}
