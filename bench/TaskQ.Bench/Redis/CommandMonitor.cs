using TaskQ.Bench.Store;

namespace TaskQ.Bench.Redis;

/// <summary>Counts the commands that clients send, by MONITOR: INFO also counts what scripts call.</summary>
internal sealed class CommandMonitor : ICallMonitor
{
    private readonly RawConnection _connection;
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Task _reading;

    private CommandMonitor(RawConnection connection)
    {
        _connection = connection;
        _reading = ReadAsync();
    }

    public static async Task<CommandMonitor> StartAsync(string configuration)
    {
        RawConnection connection = await RawConnection.OpenAsync(configuration);
        await connection.AskAsync("MONITOR");
        return new CommandMonitor(connection);
    }

    /// <summary>Ends, and returns how often each command came.</summary>
    public async Task<IReadOnlyDictionary<string, int>> StopAsync()
    {
        await _connection.SendAsync("QUIT");
        await _reading.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        return _counts;
    }

    public void Dispose() => _connection.Dispose();

    // +1339518083.107412 [0 127.0.0.1:60866] "keys" "*", with lua in place of the address for what scripts call.
    private async Task ReadAsync()
    {
        while (await _connection.ReadLineAsync() is { } line)
        {
            string[] parts = line.Split(' ', 4);
            if (parts.Length == 4 && parts[2] != "lua]")
            {
                string name = parts[3].Split('"')[1].ToUpperInvariant();
                _counts[name] = _counts.GetValueOrDefault(name) + 1;
            }
        }
    }
}
