using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskQ.Example.Tests.Processes;

/// <summary>A process of one of the example's binaries, as a user starts it.</summary>
internal sealed class ExampleProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ExampleProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        Id = _process.Id;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id { get; }

    /// <summary>All that it has written.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts a binary.</summary>
    /// <param name="project">Its folder below the example, empty for the combined one.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">What its environment has beside the usual.</param>
    /// <param name="folder">Its current folder, null for that of the tests.</param>
    public static ExampleProcess Start(
        string project, string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        // The tests lie in tests/X/bin/Debug/net10.0.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        string binary = project.Length == 0 ? "ApiWorker" : $"ApiWorker.{project}";
        var start = new ProcessStartInfo(Path.Combine(root, "example/ApiWorker", project, "bin", output.Parent!.Name, output.Name, binary), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };

        // What this machine has set for other programs must not reach it.
        foreach (string name in start.Environment.Keys
            .Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal) || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["NO_PROXY"] = "127.0.0.1,localhost";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ExampleProcess(start);
    }

    /// <summary>Waits until it has written a text, and returns the line.</summary>
    public async Task<string> WritesAsync(string text)
    {
        string? found = null;
        await Wait.UntilAsync(
            () =>
            {
                Assert.False(_process.HasExited && !_lines.Any(Has), $"It ended without writing '{text}':\n{Output}");
                return (found = _lines.FirstOrDefault(Has)) is not null;
            },
            () => $"it writes '{text}'. It wrote:\n{Output}");
        return found!;

        bool Has(string line) => line.Contains(text, StringComparison.Ordinal);
    }

    /// <summary>SIGKILL at a moment at which a condition holds: no code of the process runs any more.</summary>
    public async Task KillAsync(Func<bool> isTheMoment)
    {
        await Wait.UntilAsync(
            () =>
            {
                // It stands still while the test looks.
                Signal("STOP");
                bool isNow = isTheMoment();
                if (!isNow)
                {
                    Signal("CONT");
                }

                return isNow;
            },
            () => "the moment for the kill comes.");
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public Task<int> StopAsync()
    {
        Signal("TERM");
        return ExitAsync();
    }

    /// <summary>Waits for its end, and returns its exit code; by then all that it wrote is here.</summary>
    public async Task<int> ExitAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Wait.Patience, TimeProvider.System, cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        TestContext.Current.TestOutputHelper?.WriteLine(Output);
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
