using System.Globalization;
using StackExchange.Redis;

namespace TaskQ.Redis.Tests;

/// <summary>How long scripts hold a server that logs what takes longer than 0.1 ms, by its slow log. Prints what it sees.</summary>
/// <remarks>
/// A machine that does something else now and then adds to single calls, so the median counts. The slow log measures by the
/// clock on the wall, which goes on while the server waits for a core, so the mean of its processor time counts if that is less.
/// Both are more than the calls themselves.
/// The 2 ms are those of the machine on which they were promised. Before each measurement a script of bare commands tells how much
/// slower this one is at the moment, and the limit grows by that; it is never below 2 ms. A single large message is bound by how fast
/// the server makes texts of such a length, so there the limit is one and a half times what a script takes that only stores as many
/// bytes, if that is more.
/// </remarks>
internal sealed class CallMeter(IDatabase admin)
{
    private const int Trials = 15;

    /// <summary>A thousand bare commands.</summary>
    private const string Bare = """
        for i = 1, 500 do
          redis.call('HSET', KEYS[1], i, ARGV[1])
          redis.call('RPUSH', KEYS[2], i)
        end
        redis.call('UNLINK', KEYS[1], KEYS[2])
        """;

    private const string BareStore = "redis.call('HSET', KEYS[1], '1', ARGV[1]) redis.call('UNLINK', KEYS[1])";

    /// <summary>No machine in use is slower than this.</summary>
    private const double MostTimesSlower = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(2);

    /// <summary>What the bare commands took on the machine on which the 2 ms were promised.</summary>
    private static readonly TimeSpan BareThere = TimeSpan.FromMilliseconds(1.05);

    private readonly List<string> _failures = [];

    /// <summary>What a server is started with.</summary>
    public static readonly string[] Server = ["--slowlog-log-slower-than", "100", "--slowlog-max-len", "20000"];

    /// <param name="what">What is measured.</param>
    /// <param name="action">Makes the calls.</param>
    /// <param name="largest">The bytes of a message that one call can't do with less of.</param>
    public async Task MeasureAsync(string what, Func<Task> action, int largest = 0)
    {
        var limit = await LimitAsync(largest);
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
            $"{what}: {calls.Length} calls, p50 {median.TotalMilliseconds:0.00} ms, most {calls[^1].TotalMilliseconds:0.00} ms, {calls.Count(time => time > limit)} over {limit.TotalMilliseconds:0.0} ms; processor {each.TotalMilliseconds:0.00} ms each");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        if (median > limit && each > limit)
        {
            _failures.Add(line);
        }
    }

    public void AssertShort() => Assert.True(_failures.Count == 0, string.Join("; ", _failures));

    /// <summary>How long a call may take on this machine.</summary>
    private async Task<TimeSpan> LimitAsync(int largest)
    {
        var limit = Limit * Math.Clamp(await TrialAsync(Bare, new byte[20]) / BareThere, 1, MostTimesSlower);
        var store = largest > 0 ? 1.5 * await TrialAsync(BareStore, new byte[largest]) : default;
        return store > limit ? store : limit;
    }

    /// <summary>What a script takes.</summary>
    private async Task<TimeSpan> TrialAsync(string script, byte[] value)
    {
        await admin.ExecuteAsync("SLOWLOG", "RESET");
        for (var n = 0; n < Trials; n++)
        {
            await admin.ScriptEvaluateAsync(script, ["{bare}1", "{bare}2"], [value]);
        }

        // What was too short to be logged is no reason for a higher limit.
        var times = await TimesAsync();
        return times.Length <= Trials / 2 ? default : times[times.Length - 1 - (Trials / 2)];
    }

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
