using System.Globalization;
using System.Text;

namespace TaskQ.Redis.Tests.Faults.Workers;

/// <summary>What the worker processes of a test have recorded. Not for use by several threads.</summary>
internal sealed class RunRecord(string folder)
{
    private readonly Dictionary<string, long> _read = [];
    private readonly List<RunEvent> _events = [];

    /// <summary>All events, those of one process in their order.</summary>
    public IReadOnlyList<RunEvent> Read()
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            ReadNew(path);
        }

        return _events;
    }

    public IEnumerable<RunEvent> Of(char kind) => Read().Where(e => e.Kind == kind);

    public int Count(char kind) => Of(kind).Count();

    /// <summary>The messages that ran to their end at least once.</summary>
    public HashSet<int> Ended() => [.. Of('E').Select(e => e.Message)];

    /// <summary>How many runs started beyond the first of each message.</summary>
    public int Duplicates() => Count('S') - Of('S').Select(e => e.Message).Distinct().Count();

    /// <summary>The runs: from start to end, cancellation, or the death of the process.</summary>
    /// <param name="deaths">When processes were killed.</param>
    public List<(int Message, int Process, long Start, long End)> Runs(IReadOnlyDictionary<int, long> deaths)
    {
        var runs = new List<(int, int, long, long)>();
        foreach (var process in Read().GroupBy(e => e.Process))
        {
            var open = new Dictionary<int, long>();
            foreach (var e in process)
            {
                if (e.Kind == 'S')
                {
                    open[e.Message] = e.Time;
                }
                else if (e.Kind is 'E' or 'C' && open.Remove(e.Message, out var start))
                {
                    runs.Add((e.Message, e.Process, start, e.Time));
                }
            }

            var death = deaths.TryGetValue(process.Key, out var time) ? time : long.MaxValue;
            runs.AddRange(open.Select(o => (o.Key, process.Key, o.Value, Math.Max(o.Value, death))));
        }

        return runs;
    }

    private void ReadNew(string path)
    {
        var process = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var start = file.Position = _read.GetValueOrDefault(path);
        var bytes = new byte[file.Length - start];
        var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);

        // A line may be on its way.
        var end = Array.LastIndexOf(bytes, (byte)'\n', Math.Max(0, count - 1)) + 1;
        foreach (var line in Encoding.ASCII.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ');
            _events.Add(new RunEvent(parts[0][0], Number(parts[1]), Number(parts[2]), long.Parse(parts[3], CultureInfo.InvariantCulture), process));
        }

        _read[path] = start + end;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
