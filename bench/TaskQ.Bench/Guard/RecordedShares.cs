using System.Text.Json;

namespace TaskQ.Bench.Guard;

/// <summary>The shares of the bare limits that were measured once, by backend and scenario: a file in the repository.</summary>
internal sealed class RecordedShares
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly string _path;
    private readonly SortedDictionary<string, double> _shares;

    private RecordedShares(string path, SortedDictionary<string, double> shares)
    {
        _path = path;
        _shares = shares;
    }

    /// <summary>Reads the file; none has no shares.</summary>
    public static RecordedShares Read(string path) => new(
        path,
        File.Exists(path) ? JsonSerializer.Deserialize<SortedDictionary<string, double>>(File.ReadAllText(path)) ?? [] : []);

    /// <summary>The recorded share of a scenario, null for none.</summary>
    public double? Find(BenchResult result) => _shares.TryGetValue(Key(result), out double share) ? share : null;

    /// <summary>Records a share.</summary>
    public void Set(BenchResult result, double share)
    {
        _shares[Key(result)] = Math.Round(share, 3);
        File.WriteAllText(_path, JsonSerializer.Serialize(_shares, Indented) + '\n');
    }

    private static string Key(BenchResult result) => $"{result.Backend} {result.Scenario}";
}
