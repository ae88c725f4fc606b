using System.Globalization;
using System.Text;

namespace TaskQ.FaultWorker;

/// <summary>
/// Records what happens here as lines of a file that belongs to this process: kind, message, attempt and time. Each line
/// is one write, which a SIGKILL can't take back.
/// </summary>
internal sealed class RunWriter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;

    public RunWriter(string folder)
    {
        string path = Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>Writes one line. The time is the machine's monotonic clock, which all processes share.</summary>
    public void Write(char kind, int message, int attempt)
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{kind} {message} {attempt} {TimeProvider.System.GetTimestamp()}\n"));
        lock (_lock)
        {
            _file.Write(line);
        }
    }

    public void Dispose() => _file.Dispose();
}
