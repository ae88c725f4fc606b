using System.Diagnostics;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Memory;

/// <summary>A bare unbounded channel and one reader that calls the handler: the least that passing messages in a process costs.</summary>
internal sealed class BareChannel : IBareStore
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public string CallName => "channel";

    public BareLimit Call => new("channel writes", n => RateAsync(n, WriteByOneAsync));

    public BareLimit Add => new("channel writes", n => RateAsync(n, static load => load.WriteByAllAsync()));

    public BareLimit Take => new("channel reads", async n =>
    {
        var load = new ChannelLoad(n);
        await load.WriteByAllAsync();
        return await RateAsync(load, static load => load.ReadAsync());
    });

    public BareLimit AddAndTake => new("channel", n => RateAsync(n, static load => Task.WhenAll(Task.Run(load.ReadAsync), load.WriteByAllAsync())));

    public static async Task<BareChannel> OpenAsync()
    {
        var channel = new BareChannel();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < WarmUp)
        {
            await channel.AddAndTake.MeasureAsync(100_000);
            await channel.Take.MeasureAsync(100_000);
        }

        return channel;
    }

    public async Task<double[]> LatenciesAsync(int n, TimeSpan interval)
    {
        var started = new long[n];
        var added = new long[n];
        var load = new ChannelLoad(n, number => started[number] = Stopwatch.GetTimestamp());
        Task reading = Task.Run(load.ReadAsync);
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        for (var i = 0; i < n; i++)
        {
            await timer.WaitForNextTickAsync();
            added[i] = Stopwatch.GetTimestamp();
            await load.WriteAsync(i);
        }

        await reading;
        return [.. started.Zip(added, static (to, from) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds).Order()];
    }

    public void Dispose()
    {
    }

    private static async Task WriteByOneAsync(ChannelLoad load)
    {
        for (var i = 0; i < load.Count; i++)
        {
            await load.WriteAsync(i);
        }
    }

    private static Task<double> RateAsync(int n, Func<ChannelLoad, Task> run) => RateAsync(new ChannelLoad(n), run);

    private static async Task<double> RateAsync(ChannelLoad load, Func<ChannelLoad, Task> run)
    {
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        await run(load);
        return load.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
