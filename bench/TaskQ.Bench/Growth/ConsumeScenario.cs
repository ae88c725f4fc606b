using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Scenarios;

namespace TaskQ.Bench.Growth;

/// <summary>One of the processes of <c>growth.processes</c>: drains a queue of another process when it is told to.</summary>
/// <remarks>
/// 1. It warms up with a backlog of its own. 2. It writes a line. 3. It reads a line, and starts. 4. When the queue is empty it writes
/// the timestamp of its last message, how many ran, and the processor seconds that they took.
/// </remarks>
internal sealed class ConsumeScenario : IScenario
{
    private const int WarmUpMessages = 20_000;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    public string Name => "consume";

    public string Description => "a process of growth: drains the queue --queue when it is told to";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        long warmedUp = Stopwatch.GetTimestamp();
        do
        {
            await DrainScenario.RoundAsync(context, WarmUpMessages);
        }
        while (Stopwatch.GetElapsedTime(warmedUp) < BenchContext.WarmUp);

        await using QueueFactory factory = context.CreateFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = context.Options.Queue ?? throw new BenchException("Name the queue with --queue.") });
        long ran = 0, last = Stopwatch.GetTimestamp();
        _ = new NoopTask(
            queue,
            (_, _) =>
            {
                Interlocked.Increment(ref ran);
                Volatile.Write(ref last, Stopwatch.GetTimestamp());
            },
            context.Options.Typed);
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadLineAsync();

        TimeSpan before = CpuTime.Read();
        await queue.StartAsync();
        while (await queue.CountAsync() is { Ready: > 0 } or { InFlight: > 0 })
        {
            await Task.Delay(Poll, TimeProvider.System);
        }

        await queue.StopAsync(StopTimeout);
        double cpu = (CpuTime.Read() - before).TotalSeconds;
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{last} {ran} {cpu}"));

        // Whoever started it ends it.
        await Console.In.ReadLineAsync();
        return [];
    }
}
