using System.Runtime;
using System.Runtime.InteropServices;

namespace TaskQ.Bench.Report;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static IEnumerable<string> Describe()
    {
        yield return $"{Environment.ProcessorCount} cores, {CpuModel()}, {RuntimeInformation.OSDescription}";
        string gc = GCSettings.IsServerGC ? "server" : "workstation";
        string latency = GCSettings.LatencyMode == GCLatencyMode.Batch ? "non-concurrent" : "concurrent";
        yield return $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, {gc} {latency} GC"
            + (IsDebug() ? ", DEBUG BUILD: the figures mean nothing" : "");
    }

    private static string CpuModel()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? "unknown CPU";
    }

    private static bool IsDebug()
    {
#if DEBUG
        return true;
#else
        return false;
#endif
    }
}
