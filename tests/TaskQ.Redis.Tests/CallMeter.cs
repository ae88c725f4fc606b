using System.Globalization;
using StackExchange.Redis;

namespace TaskQ.Redis.Tests;

/// <summary>How long scripts hold a server that logs what takes longer than 0.1 ms, by its slow log. Prints what it sees.</summary>
/// <remarks>
/// A machine that does something else now and then adds to single calls, so the median counts. The slow log measures by the
/// clock on the wall, which goes on while the server waits for a core: so of few calls the mean of its processor time counts.
/// </remarks>
internal sealed class CallMeter(IDatabase admin)
{
    private const int Few = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(2);

    private readonly List<string> _failures = [];

    /// <summary>What a server is started with.</summary>
    public static readonly string[] Server = ["--slowlog-log-slower-than", "100", "--slowlog-max-len", "20000"];

    public async Task MeasureAsync(string what, Func<Task> action, int times = 1)
    {
        await admin.ExecuteAsync("SLOWLOG", "RESET");
        var processor = await ProcessorTimeAsync();
        await action();
        processor = await ProcessorTimeAsync() - processor;
        var calls = await TimesAsync();
        if (calls.Length == 0)
        {
            return;
        }

        var median = calls[calls.Length / 2];
        var each = processor / calls.Length;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {calls.Length} calls, p50 {median.TotalMilliseconds:0.00} ms, most {calls[^1].TotalMilliseconds:0.00} ms, {calls.Count(time => time > Limit)} over {Limit.TotalMilliseconds} ms; processor {each.TotalMilliseconds:0.00} ms each");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        if ((calls.Length < Few ? each : median) > times * Limit)
        {
            _failures.Add(line);
        }
    }

    public void AssertShort() => Assert.True(_failures.Count == 0, string.Join("; ", _failures));

    /// <summary>What the thread that runs the commands has used.</summary>
    private async Task<TimeSpan> ProcessorTimeAsync()
    {
        var info = (string)(await admin.ExecuteAsync("INFO", "cpu"))!;
        return info.Split('\n')
            .Where(static line => line.StartsWith("used_cpu_user_main_thread:", StringComparison.Ordinal) || line.StartsWith("used_cpu_sys_main_thread:", StringComparison.Ordinal))
            .Aggregate(TimeSpan.Zero, static (sum, line) =>
                sum + TimeSpan.FromSeconds(double.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture)));
    }

    /// <summary>What the scripts took since the last reset, the shortest first.</summary>
    private async Task<TimeSpan[]> TimesAsync()
    {
        var entries = (RedisResult[])(await admin.ExecuteAsync("SLOWLOG", "GET", "20000"))!;
        return [.. entries
            .Select(static entry => (RedisResult[])entry!)
            .Where(static entry => ((string)((RedisResult[])entry[3]!)[0]!).StartsWith("EVAL", StringComparison.OrdinalIgnoreCase))
            .Select(static entry => TimeSpan.FromMicroseconds((long)entry[2]))
            .Order()];
    }
}
