using System.Text;
using System.Text.RegularExpressions;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>
/// The plans that a MariaDB server has written beside the statements that ran by them:
/// https://mariadb.com/kb/en/explain-in-the-slow-query-log/
/// </summary>
internal sealed partial class MySqlPlanLog : IAsyncDisposable
{
    private readonly string _folder;

    private MySqlPlanLog(string folder, MariaDbServer server)
    {
        _folder = folder;
        Server = server;
    }

    /// <summary>The server whose statements these are.</summary>
    public MariaDbServer Server { get; }

    public static async Task<MySqlPlanLog> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("taskq-plans-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        return new MySqlPlanLog(folder, await MariaDbServer.StartAsync(
            "slow-query-log=1", "long-query-time=0", "log-slow-verbosity=query_plan,explain", $"slow-query-log-file={folder}/plans.log", "innodb-flush-log-at-trx-commit=0"));
    }

    /// <summary>The statements about tables of TaskQ, with the rows of their plans.</summary>
    public List<(string Text, List<string[]> Plan)> Read()
    {
        // Parameters are in the texts, and may be any bytes.
        var log = File.ReadAllText(Path.Combine(_folder, "plans.log"), Encoding.Latin1);
        return
        [
            .. log.Split("# User@Host:").Skip(1)
                .Select(static entry => (Text: Text().Match(entry).Groups[1].Value.Trim(), Plan: Row().Matches(entry).Skip(1).Select(static row => row.Groups[1].Value.Split('\t')).ToList()))
                .Where(static statement => Verb().IsMatch(statement.Text) && statement.Text.Contains("taskq_", StringComparison.Ordinal)),
        ];
    }

    /// <summary>The same statement with other values.</summary>
    public static string Shape(string text) => Values().Replace(text, "?");

    /// <summary>Why a plan is bad, null if it is not: it reads a whole table or index, or sorts. The schema's table has a row for each version.</summary>
    public static string? Complaint((string Text, List<string[]> Plan) statement)
    {
        const int Kind = 1, Table = 2, Type = 3, Extra = 12;
        foreach (var row in statement.Plan)
        {
            bool isScan = row[Type] is "ALL" or "index" && row[Kind] != "INSERT" && row[Table] != "taskq_schema";
            if (isScan || (row.Length > Extra && Sorts().IsMatch(row[Extra])))
            {
                return $"{string.Join(' ', row)}: {statement.Text[..Math.Min(300, statement.Text.Length)]}";
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"SET timestamp=[^\n]*;\n(.*)", RegexOptions.Singleline)]
    private static partial Regex Text();

    [GeneratedRegex(@"# explain: ([^\n]*)")]
    private static partial Regex Row();

    [GeneratedRegex(@"^(SELECT|INSERT|UPDATE|DELETE)\b")]
    private static partial Regex Verb();

    [GeneratedRegex(@"((_binary ?)?x?'([^'\\]|\\.|'')*'|\b\d+\b|NULL)(, ?((_binary ?)?x?'([^'\\]|\\.|'')*'|\b\d+\b|NULL))*", RegexOptions.Singleline)]
    private static partial Regex Values();

    [GeneratedRegex("filesort|temporary")]
    private static partial Regex Sorts();
}
