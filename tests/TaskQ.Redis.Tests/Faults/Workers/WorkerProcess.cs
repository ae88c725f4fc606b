using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskQ.Redis.Tests.Faults.Workers;

/// <summary>A process of TaskQ.FaultWorker.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errors = new();

    public WorkerProcess(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "TaskQ.FaultWorker"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // A worker starts often: code that runs for seconds only need not be the best.
        start.Environment["DOTNET_TieredPGO"] = "0";
        _process = Process.Start(start) ?? throw new InvalidOperationException("The worker did not start.");
        Id = _process.Id;
        _process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        _process.ErrorDataReceived += (_, line) => OnError(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id { get; }

    /// <summary>When it was killed, by the clock of the records.</summary>
    public long? KilledAt { get; private set; }

    public bool HasExited => _process.HasExited;

    /// <summary>Warnings and errors that it has written.</summary>
    public IEnumerable<string> Errors => _errors;

    /// <summary>Waits until it consumes, or has exited.</summary>
    public async Task StartedAsync()
    {
        var token = TestContext.Current.CancellationToken;
        var exited = _process.WaitForExitAsync(token);
        await Task.WhenAny(_ready.Task, exited).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, token);
    }

    /// <summary>SIGKILL: no code of the process runs any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        KilledAt = TimeProvider.System.GetTimestamp();
    }

    public void Pause() => Signal("STOP");

    public void Continue() => Signal("CONT");

    /// <summary>SIGTERM: it stops as a worker should.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>The time of its end.</returns>
    public async Task<long> ExitedAsync(TimeSpan patience)
    {
        var token = TestContext.Current.CancellationToken;
        await _process.WaitForExitAsync(token).WaitAsync(patience, TimeProvider.System, token);
        return TimeProvider.System.GetTimestamp();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private void OnOutput(string? line)
    {
        if (line == "ready")
        {
            _ready.TrySetResult();
        }
    }

    private void OnError(string? line)
    {
        if (line is not null)
        {
            _errors.Enqueue(line);
        }
    }
}
