using System.Diagnostics;
using System.Globalization;

namespace TaskQ.Conformance.Harness;

/// <summary>
/// How long this machine stood still lately. A promise of real time is one of a machine that runs; a test machine is
/// shared, and what its host or its disk takes away is no one's fault here. So a bound is the promise and that time.
/// </summary>
/// <remarks>
/// A thread notes how late it wakes up. Linux tells for how long all that was to run waited for a disk
/// (https://docs.kernel.org/accounting/psi.html).
/// </remarks>
public sealed class Standstill : IDisposable
{
    private const string DiskPressure = "/proc/pressure/io";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    // A timer's resolution and a turn of another thread.
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(10);

    // Longer than any test with a bound takes.
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<(long Time, TimeSpan Lost)> _losses = [];
    private readonly ManualResetEvent _ended = new(initialState: false);
    private readonly Thread _thread;

    public Standstill()
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = nameof(Standstill) };
        _thread.Start();
    }

    /// <summary>How much was lost in the last minute.</summary>
    public TimeSpan Lost
    {
        get
        {
            lock (_lock)
            {
                while (_losses.TryPeek(out var first) && Stopwatch.GetElapsedTime(first.Time) > Lately)
                {
                    _losses.Dequeue();
                }

                return _losses.Aggregate(TimeSpan.Zero, static (sum, loss) => sum + loss.Lost);
            }
        }
    }

    /// <summary>Asserts that something took no longer than promised, and than this machine stood still.</summary>
    public void AssertWithin(TimeSpan promised, TimeSpan actual, string what)
    {
        var lost = Lost;
        Assert.True(actual <= promised + lost, $"{what} after {actual}, promised is {promised}; the machine stood still for {lost}");
    }

    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
    }

    private static TimeSpan ReadDisk()
    {
        if (!File.Exists(DiskPressure))
        {
            return TimeSpan.Zero;
        }

        // full avg10=0.00 avg60=0.00 avg300=0.00 total=(microseconds)
        var full = File.ReadLines(DiskPressure).Last();
        return TimeSpan.FromMicroseconds(long.Parse(full.AsSpan(full.LastIndexOf('=') + 1), CultureInfo.InvariantCulture));
    }

    private void Watch()
    {
        var disk = ReadDisk();
        var diskRead = Stopwatch.GetTimestamp();
        for (var start = diskRead; !_ended.WaitOne(Pause); start = Stopwatch.GetTimestamp())
        {
            var lost = Stopwatch.GetElapsedTime(start) - Pause;
            lost = lost > Usual ? lost : TimeSpan.Zero;
            if (Stopwatch.GetElapsedTime(diskRead) > TimeSpan.FromSeconds(1))
            {
                var before = disk;
                (disk, diskRead) = (ReadDisk(), Stopwatch.GetTimestamp());
                lost += disk - before;
            }

            if (lost > TimeSpan.Zero)
            {
                lock (_lock)
                {
                    _losses.Enqueue((start, lost));
                }
            }
        }
    }
}
