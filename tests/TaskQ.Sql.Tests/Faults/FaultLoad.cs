using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>What was added and ran while faults came.</summary>
internal sealed class FaultLoad
{
    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _recovery = [];
    private long _fault;

    public ConcurrentBag<Guid> Added { get; } = [];

    public ConcurrentBag<Guid> Ran { get; } = [];

    public int Duplicates => Ran.Count - Ran.Distinct().Count();

    /// <summary>How long after the end of each fault the next run started.</summary>
    public IReadOnlyList<TimeSpan> Recovery => _recovery;

    /// <summary>Whether something has run since the last fault.</summary>
    public bool HasRecovered => Volatile.Read(ref _fault) == 0;

    /// <summary>A fault is over.</summary>
    public void OnFault() => Volatile.Write(ref _fault, TimeProvider.System.GetTimestamp());

    public void OnRun(Guid id)
    {
        Ran.Add(id);
        if (Volatile.Read(ref _fault) != 0)
        {
            lock (_lock)
            {
                if (_fault != 0)
                {
                    _recovery.Add(TimeProvider.System.GetElapsedTime(_fault));
                    Volatile.Write(ref _fault, 0);
                }
            }
        }
    }

    public void Print(string what, [CallerMemberName] string test = "") => Figures.Print(
        $"{what}: {Added.Count} added, lost {Added.Except(Ran).Count()}, duplicates {Duplicates}, "
        + $"goes on after at most {Figures.Milliseconds(_recovery.DefaultIfEmpty().Max())} ms",
        test);
}
