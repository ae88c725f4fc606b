using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>The process's peak working set.</summary>
internal static class PeakMemory
{
    /// <summary>Starts the peak anew, so that one scenario does not inherit another's. Only Linux can; elsewhere it is the process's.</summary>
    /// <remarks>Value 5 of clear_refs: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html.</remarks>
    public static void Reset()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The peak working set is that of the whole run: {error.Message}");
        }
    }

    /// <summary>The peak in MiB.</summary>
    public static double Read()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / (1024.0 * 1024.0);
    }
}
