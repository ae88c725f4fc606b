using System.Globalization;

namespace TaskQ.Example.Tests.Processes;

/// <summary>What workers with <c>--record</c> have written down.</summary>
internal sealed class RunRecords : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("taskq-example-");

    public string Folder => _folder.FullName;

    /// <summary>The runs of a kind: S started, E ended well, F failed; of all processes, or of one.</summary>
    public IReadOnlyList<(Guid Id, int Attempt)> Of(char kind, int? process = null)
    {
        var runs = new List<(Guid, int)>();
        foreach (FileInfo file in _folder.EnumerateFiles(process is { } id ? $"{id}" : "*"))
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);

            // What comes behind the last line feed is on its way.
            foreach (string line in reader.ReadToEnd().Split('\n')[..^1].Where(line => line[0] == kind))
            {
                string[] parts = line.Split(' ');
                runs.Add((Guid.Parse(parts[1]), int.Parse(parts[2], CultureInfo.InvariantCulture)));
            }
        }

        return runs;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
