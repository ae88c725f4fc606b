using F = TaskQ.Redis.Tests.Faults.Model.OperationFlags;
using K = TaskQ.Redis.Tests.Faults.Model.OperationKind;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Makes a sequence of 10 to 60 operations from a seed.</summary>
internal sealed class SequenceSource
{
    private readonly Random _random;

    private SequenceSource(int seed) => _random = new Random(seed);

    public static OperationSequence Make(int seed)
    {
        var source = new SequenceSource(seed);
        var settings = new ModelSettings(
            source.OneIn(4) ? source.Next(1, 5) : 0, source.OneIn(4) ? source.Next(2, 6) : 0, source.OneIn(4) ? source.Next(1, 4) : ModelSettings.ManyDead);
        return new OperationSequence(seed, settings, [.. Enumerable.Range(0, source.Next(10, 61)).Select(_ => source.MakeOne())]);
    }

    private Operation MakeOne()
    {
        var worker = _random.Next(3);
        var which = _random.Next(20);
        var time = _random.Next(1, 21);
        return _random.Next(100) switch
        {
            < 19 => new(K.Add, worker, Name(), Next(1, 5), OneIn(3) ? time : 0, Flags: Any(
                (F.Replaces, 2), (F.KeepsId, 4), (F.SameName, 4), (F.OneByOne, 4), (F.ByDueTime, 2), (F.SentAgain, 5))),
            < 22 => new(K.AddAgain, worker, which),
            < 41 => new(K.Fetch, worker, 0, Next(1, 8), time, Flags: Fate()),
            < 52 => new(K.Settle, worker, which, Next(1, 5), OneIn(2) ? time : 0, Next(0, 4), Any((F.Late, 5), (F.Repeats, 3))),
            < 63 => new(K.Exchange, worker, which, Next(1, 6), time, Next(0, 4), Fate() | Any((F.Repeats, 3))),
            < 65 => new(K.AskAgain, worker, 0, Next(1, 4), time),
            < 69 => new(K.Beat, worker, Flags: Any((F.Late, 5))),
            < 71 => new(K.Kill, worker),
            < 79 => new(K.Advance, Count: Next(1, 20)),
            < 83 => new(K.Look, worker, which, Next(0, 8)),
            < 86 => new(K.Cancel, worker, which),
            < 90 => new(K.Reschedule, worker, which, Time: time - 8),
            < 91 => new(K.Pause, worker),
            < 93 => new(K.Resume, worker),
            < 96 => new(K.RequeueOne, worker, which),
            < 98 => new(K.RequeueOldest, worker, 0, Next(1, 4)),
            < 99 => OneIn(3) ? new(K.PurgeDead, worker) : new(K.DeleteDead, worker, which),
            _ => OneIn(2) ? new(K.Purge, worker) : new(K.Resume, worker),
        };
    }

    /// <summary>None, one of <c>Unique()</c>, or one for a window.</summary>
    private int Name() => OneIn(2) ? _random.Next(1, 2 + (2 * ModelNames.PerKind)) : 0;

    private F Fate() => Any((F.Suspect, 4)) | (_random.Next(6) switch { 0 => F.SentAgain, 1 => F.Unanswered, _ => F.None });

    private F Any(params (F Flag, int In)[] flags) =>
        flags.Aggregate(F.None, (all, one) => OneIn(one.In) ? all | one.Flag : all);

    private bool OneIn(int count) => _random.Next(count) == 0;

    private int Next(int from, int to) => _random.Next(from, to);
}
