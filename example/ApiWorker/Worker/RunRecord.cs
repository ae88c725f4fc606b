using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using TaskQ;

namespace ApiWorker.Worker;

/// <summary>
/// Writes down when each run starts (S), ends well (E) or fails (F), with the message's id and attempt. The file belongs to this process,
/// and each line is one write, which no kill takes back.
/// </summary>
public sealed class RunRecord : IConsumerHook, IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;

    /// <summary>Creates the file, named by the process.</summary>
    public RunRecord(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>Makes it a hook of every queue of the host.</summary>
    public static void AddTo(IServiceCollection services, string folder) =>
        services.AddSingleton<IConsumerHook>(_ => new RunRecord(folder));

    /// <inheritdoc/>
    public async Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        Write('S', context);
        try
        {
            await next(context);
        }
        catch
        {
            Write('F', context);
            throw;
        }

        Write('E', context);
    }

    public void Dispose() => _file.Dispose();

    private void Write(char kind, TaskContext context)
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{kind} {context.Message.Id} {context.Attempt}\n"));
        lock (_lock)
        {
            _file.Write(line);
        }
    }
}
