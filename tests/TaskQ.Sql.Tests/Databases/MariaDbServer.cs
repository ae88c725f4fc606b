using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MySql.Data.MySqlClient;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>
/// The server of the tests: a process on a free port with files of its own, or the one that TASKQ_TEST_MYSQL names.
/// </summary>
/// <remarks>A bench can compile this file too: it needs nothing of the test framework. As root it runs as the user 'mysql'.</remarks>
public sealed partial class MariaDbServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly string[] _options;
    private readonly bool _isPrivate;
    private string? _folder;
    private Process? _process;
    private int _port;

    /// <summary>The server that all tests share; after a crash of the machine nobody needs its files.</summary>
    public MariaDbServer()
        : this("innodb-flush-log-at-trx-commit=0", "innodb-doublewrite=0")
    {
        _isPrivate = false;
#if !BENCH
        Current = this;
#endif
    }

    private MariaDbServer(params string[] options)
    {
        _options = options;
        _isPrivate = true;
    }

    /// <summary>The connection string of the driver for it, without a database.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts a server for one test that harms it.</summary>
    /// <param name="settings">What it is told beside the usual, as name=value.</param>
    public static async Task<MariaDbServer> StartAsync(params string[] settings)
    {
        var server = new MariaDbServer(settings);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        MySqlData.Use();
        if (!_isPrivate && Environment.GetEnvironmentVariable("TASKQ_TEST_MYSQL") is { Length: > 0 } given)
        {
            ConnectionString = given;
            return;
        }

        _folder = Directory.CreateTempSubdirectory("taskq-mariadb-").FullName;
        Own(_folder);
        using Process install = Start("mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db");
        await install.WaitForExitAsync();
        if (install.ExitCode != 0)
        {
            throw new InvalidOperationException($"mariadb-install-db failed with {install.ExitCode}.");
        }

        _port = FreePort();
        ConnectionString = string.Create(
            CultureInfo.InvariantCulture,
            $"Server=127.0.0.1;Port={_port};User Id=root;SslMode=None;CharSet=utf8mb4;Maximum Pool Size=30");
        await RestartAsync();
    }

    /// <summary>Kills it, as a crash does; its port refuses connections from then on.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts a server on the port and files of the one that was killed.</summary>
    public async Task RestartAsync()
    {
        _process = Start(
            "mariadbd",
            [
                $"--socket={_folder}/m.sock", $"--pid-file={_folder}/m.pid", $"--port={_port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
                "--max-connections=1000", "--innodb-buffer-pool-size=128M", .. _options.Select(static option => "--" + option),
            ]);
        await AnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            MySqlConnection.ClearAllPools();
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

    private static void Own(string folder)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using Process chown = Process.Start("chown", ["mysql", folder]);
            chown.WaitForExit();
        }
    }

    // The server's folder is in the path of root only.
    private static string Binary(string name) => File.Exists("/usr/sbin/" + name) ? "/usr/sbin/" + name : name;

    private Process Start(string name, params string[] arguments)
    {
        string[] user = Environment.IsPrivilegedProcess ? ["--user=mysql"] : [];
        var start = new ProcessStartInfo(Binary(name), ["--no-defaults", .. user, $"--datadir={_folder}/data", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task AnswersAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new MySqlConnection(ConnectionString + ";Pooling=False");
                await connection.OpenAsync();
                return;
            }
            catch (MySqlException) when (Stopwatch.GetElapsedTime(started) < StartTimeout && !_process!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
