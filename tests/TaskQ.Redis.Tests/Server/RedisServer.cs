using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace TaskQ.Redis.Tests.Server;

/// <summary>
/// The server of the tests: a process on a free port that keeps nothing, or the one that TASKQ_TEST_REDIS names.
/// </summary>
/// <remarks>The bench compiles this file too, so it needs nothing of the test framework.</remarks>
public sealed partial class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);

    private string[] _options = [];
    private Process? _process;
    private string? _folder;
    private int _port;

    /// <summary>The port of a server that was started here.</summary>
    public int Port => _port;

    /// <summary>The configuration of StackExchange.Redis for it.</summary>
    public string Configuration { get; private set; } = Environment.GetEnvironmentVariable("TASKQ_TEST_REDIS") ?? "";

    /// <summary>Starts a server for one test that harms it.</summary>
    /// <param name="options">What it is told beside the usual.</param>
    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var server = new RedisServer { Configuration = "", _options = options };
        await server.InitializeAsync();
        return server;
    }

    /// <summary>Stops the process, which keeps its connections, as a machine that hangs does.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>Lets the process go on.</summary>
    public void Continue() => Signal("CONT");

    public async ValueTask InitializeAsync()
    {
        if (Configuration.Length > 0)
        {
            return;
        }

        _folder = Directory.CreateTempSubdirectory("taskq-redis-").FullName;
        _port = FreePort();
        Configuration = $"127.0.0.1:{_port}";
        await StartProcessAsync();
    }

    /// <summary>Kills the process, as a crash does, and starts another one on its port and files.</summary>
    public async Task CrashAsync()
    {
        await KillAsync();
        await RestartAsync();
    }

    /// <summary>Kills the process; its port refuses connections from then on.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts a process on the port and files of the one that was killed.</summary>
    public Task RestartAsync() => StartProcessAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"kill -{name} failed with {kill.ExitCode}.");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task StartProcessAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true };
        string[] arguments =
        [
            "--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder!, "--save", "", "--appendonly", "no",
            "--daemonize", "no", "--enable-debug-command", "yes", .. _options,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        return AnswersAsync(_port);
    }

    private async Task AnswersAsync(int port)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},connectTimeout=1000");
                await connection.GetDatabase().PingAsync();
                return;
            }
            catch (RedisConnectionException) when (Stopwatch.GetElapsedTime(started) < StartTimeout && !_process!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
