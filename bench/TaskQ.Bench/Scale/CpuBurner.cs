using System.Diagnostics;

namespace TaskQ.Bench.Scale;

/// <summary>Work that takes CPU time: a count of steps, so that a crowded machine makes it slower and not shorter.</summary>
internal sealed class CpuBurner
{
    private readonly long _steps;

    /// <param name="length">How long it takes on an idle core.</param>
    public CpuBurner(TimeSpan length)
    {
        const long Trial = 20_000_000;
        Steps(Trial);
        long start = Stopwatch.GetTimestamp();
        Steps(Trial);
        _steps = (long)(Trial * (length / Stopwatch.GetElapsedTime(start)));
    }

    public ulong Burn() => Steps(_steps);

    /// <summary>Keeps every core busy for a while, on threads of its own.</summary>
    public static void OccupyCores(TimeSpan length)
    {
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(() =>
            {
                long start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < length)
                {
                    Steps(100_000);
                }
            })
            {
                IsBackground = true,
            }.Start();
        }
    }

    // Knuth's multiplier for a 64-bit linear congruential generator: each step needs the one before.
    private static ulong Steps(long count)
    {
        ulong state = 1;
        for (long i = 0; i < count; i++)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
        }

        return state;
    }
}
