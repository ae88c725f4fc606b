using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>A stopwatch for operations of nanoseconds: rougher than BenchmarkDotNet, done in a second or two.</summary>
internal static class QuickTimer
{
    private const int Samples = 501;

    // Shorter than a time slice, so that on a crowded machine most samples are not interrupted and the median is true.
    private static readonly TimeSpan SampleLength = TimeSpan.FromMilliseconds(1);

    /// <summary>Nanoseconds and bytes per operation: the median of the samples.</summary>
    /// <param name="loop">Runs the operation so many times.</param>
    public static MicroResult Measure(Action<int> loop)
    {
        int count = WarmUp(loop);
        var nanoseconds = new double[Samples];
        var bytes = new double[Samples];
        for (var i = 0; i < Samples; i++)
        {
            long startBytes = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            loop(count);
            nanoseconds[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
            bytes[i] = (double)(GC.GetAllocatedBytesForCurrentThread() - startBytes) / count;
        }

        Array.Sort(nanoseconds);
        Array.Sort(bytes);
        return new MicroResult((long)count * Samples, nanoseconds[Samples / 2], bytes[Samples / 2]);
    }

    // Until the JIT is done, and to find how many operations make a sample.
    private static int WarmUp(Action<int> loop)
    {
        long start = Stopwatch.GetTimestamp();
        var count = 100;
        while (true)
        {
            long before = Stopwatch.GetTimestamp();
            loop(count);
            TimeSpan took = Stopwatch.GetElapsedTime(before);
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(800))
            {
                return (int)Math.Clamp(count * (SampleLength / took), 100, 50_000_000);
            }

            if (took < SampleLength)
            {
                count *= 2;
            }
        }
    }
}
