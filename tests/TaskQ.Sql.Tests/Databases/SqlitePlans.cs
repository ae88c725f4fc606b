using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>The statements that have run on a database, each text once whatever its values are, and how SQLite carries them out.</summary>
internal sealed partial class SqlitePlans
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _statements = [];

    /// <summary>How many different statements about tables of TaskQ have run.</summary>
    public int Count => _statements.Count;

    public void Add(string text)
    {
        if (!Verb().IsMatch(text) || !text.Contains("taskq_", StringComparison.Ordinal))
        {
            return;
        }

        lock (_lock)
        {
            _statements.TryAdd(Values().Replace(text, "?"), text);
        }
    }

    /// <summary>The statements that read a whole table or index, or sort.</summary>
    public List<string> Bad(string file)
    {
        using SqliteConnection connection = SqliteProbe.Open(file);
        lock (_lock)
        {
            return [.. _statements.Values
                .Select(text => (Text: text, Plan: string.Join(" | ", SqliteProbe.Read(connection, "EXPLAIN QUERY PLAN " + text))))
                .Where(static statement => Slow().IsMatch(statement.Plan))
                .Select(static statement => $"{statement.Plan}: {statement.Text}")];
        }
    }

    [GeneratedRegex(@"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")]
    private static partial Regex Verb();

    // Blobs, texts, numbers, and as many as there are.
    [GeneratedRegex(@"((x?'([^']|'')*'|\b\d+(\.\d+)?\b|NULL),? ?)+")]
    private static partial Regex Values();

    // The schema's table has a row for each version.
    [GeneratedRegex(@"SCAN taskq_(?!schema)|USE TEMP B-TREE")]
    private static partial Regex Slow();
}
