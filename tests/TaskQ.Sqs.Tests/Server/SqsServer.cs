using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace TaskQ.Sqs.Tests.Server;

/// <summary>
/// A server of the tests: a Node process on a free port that keeps all in memory, or the one that TASKQ_TEST_SQS names.
/// </summary>
public abstract partial class SqsServer : IAsyncDisposable
{
    private const string ModulesVariable = "TASKQ_SQS_SERVERS";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private Process? _process;

    /// <summary>The URL of one that runs, null to start the process. The default is what TASKQ_TEST_SQS says.</summary>
    public string? Given { get; init; } = Environment.GetEnvironmentVariable("TASKQ_TEST_SQS");

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Whether it is one of the user's own, so that the known faults of the process are not its.</summary>
    public bool IsGiven => !string.IsNullOrEmpty(Given);

    /// <summary>The processor time that it has used, null when it is one of the user's own.</summary>
    public TimeSpan? ProcessorTime
    {
        get
        {
            _process?.Refresh();
            return _process?.TotalProcessorTime;
        }
    }

    /// <summary>Options that lead to it.</summary>
    /// <param name="configure">What else they say.</param>
    public SqsOptions Options(Action<SqsOptions>? configure = null)
    {
        var options = new SqsOptions { Endpoint = Endpoint };
        if (!IsGiven)
        {
            options.Region = "us-east-1";
            options.Credentials = new BasicAWSCredentials("test", "test");
        }

        configure?.Invoke(options);
        return options;
    }

    public async ValueTask InitializeAsync()
    {
        if (IsGiven)
        {
            Endpoint = new Uri(Given!);
            return;
        }

        int port = FreePort();
        Endpoint = new Uri($"http://127.0.0.1:{port}");
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Modules(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Configure(start, port);
        _process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ListensAsync(port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Tells the process what to run.</summary>
    protected abstract void Configure(ProcessStartInfo start, int port);

    private static string Modules()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = Environment.GetEnvironmentVariable(ModulesVariable) is { Length: > 0 } named ? named : Path.Combine(cache, "taskq", "sqs-servers");
        return Directory.Exists(Path.Combine(folder, "node_modules"))
            ? folder
            : throw new InvalidOperationException($"The SQS servers are not in {folder}: run ./test.sh once, or set {ModulesVariable} or TASKQ_TEST_SQS.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ListensAsync(int port)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(started) < StartTimeout && !_process!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
