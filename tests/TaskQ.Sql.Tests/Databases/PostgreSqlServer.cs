using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>
/// The server of the tests: a process on a free port with files of its own, or the one that TASKQ_TEST_POSTGRES names.
/// </summary>
/// <remarks>The bench compiles this file too, so it needs nothing of the test framework. PostgreSQL refuses to run as root: then it runs as 'postgres'.</remarks>
public sealed partial class PostgreSqlServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly string[] _options;
    private readonly bool _isPrivate;
    private string? _folder;
    private Process? _process;
    private int _port;

    /// <summary>The server that all tests share; after a crash of the machine nobody needs its files.</summary>
    public PostgreSqlServer()
        : this("fsync=off", "synchronous_commit=off", "full_page_writes=off")
    {
        _isPrivate = false;
#if !BENCH
        Current = this;
#endif
    }

    private PostgreSqlServer(params string[] options)
    {
        _options = options;
        _isPrivate = true;
    }

    /// <summary>The connection string of the driver for it.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts a server for one test that harms it.</summary>
    /// <param name="settings">What it is told beside the usual, as name=value.</param>
    public static async Task<PostgreSqlServer> StartAsync(params string[] settings)
    {
        var server = new PostgreSqlServer(settings);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        if (!_isPrivate && Environment.GetEnvironmentVariable("TASKQ_TEST_POSTGRES") is { Length: > 0 } given)
        {
            ConnectionString = given;
            return;
        }

        _folder = Directory.CreateTempSubdirectory("taskq-postgres-").FullName;
        Own(_folder);
        await RunAsync("initdb", "-D", Path.Combine(_folder, "data"), "-U", "taskq", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8");
        _port = FreePort();
        ConnectionString = string.Create(
            CultureInfo.InvariantCulture,
            $"Host=127.0.0.1;Port={_port};Username=taskq;Database=postgres;Max Auto Prepare=20;Auto Prepare Min Usages=2;Maximum Pool Size=20");
        await RestartAsync();
    }

    /// <summary>Kills all its processes, as a crash does; its port refuses connections from then on.</summary>
    public async Task KillAsync()
    {
        using Process postmaster = Process.GetProcessById(ReadProcessId());
        int[] children = [.. Children(postmaster.Id)];
        postmaster.Kill();
        foreach (int child in children)
        {
            await EndAsync(child);
        }

        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts a server on the port and files of the one that was killed.</summary>
    public async Task RestartAsync()
    {
        string[] arguments =
        [
            "-D", Path.Combine(_folder!, "data"), "-k", _folder!, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1",
            "-c", "max_connections=150", .. _options.SelectMany(static option => new[] { "-c", option }),
        ];
        _process = Start("postgres", arguments);
        await AnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await KillAsync();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Binary(string name) =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Order().Select(version => Path.Combine(version, "bin", name)).Last(File.Exists)
            : name;

    private static void Own(string folder)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using Process chown = Process.Start("chown", ["postgres", folder]);
            chown.WaitForExit();
        }
    }

    private static Process Start(string name, params string[] arguments)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", Binary(name), .. arguments])
            : new ProcessStartInfo(Binary(name), arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(string name, params string[] arguments)
    {
        using Process process = Start(name, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{name} failed with {process.ExitCode}.");
        }
    }

    private static IEnumerable<int> Children(int parent) =>
        File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static id => int.Parse(id, CultureInfo.InvariantCulture));

    private static async Task EndAsync(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            process.Kill();
            await process.WaitForExitAsync();
        }
        catch (ArgumentException)
        {
            // It has ended with its parent.
            return;
        }
    }

    private int ReadProcessId() => int.Parse(File.ReadLines(Path.Combine(_folder!, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private async Task AnswersAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=False");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (Stopwatch.GetElapsedTime(started) < StartTimeout && !_process!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
