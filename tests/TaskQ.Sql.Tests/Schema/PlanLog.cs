using System.Globalization;
using System.Text.RegularExpressions;

namespace TaskQ.Sql.Tests.Schema;

/// <summary>The plans that a server has logged by auto_explain: https://www.postgresql.org/docs/15/auto-explain.html</summary>
internal static partial class PlanLog
{
    /// <summary>What a server must be told to log them.</summary>
    public static string[] Settings(string folder) =>
    [
        "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on", "auto_explain.log_timing=off",
        "logging_collector=on", $"log_directory={folder}", "log_filename=plans.log", "log_file_mode=0644", "autovacuum=off", "fsync=off",
    ];

    /// <summary>The plans, one text each.</summary>
    public static List<string> Read(string folder) =>
        [.. Plan().Matches(File.ReadAllText(Path.Combine(folder, "plans.log"))).Select(static match => match.Groups[1].Value)];

    /// <summary>The scans of whole tables that read more rows than some.</summary>
    public static IEnumerable<string> Scans(IEnumerable<string> plans, int rows) =>
        plans.Where(plan => Scan().Matches(plan).Any(match => Number(match.Groups[1]) + Number(match.Groups[2]) > rows));

    /// <summary>The sorts of more rows than some.</summary>
    public static IEnumerable<string> Sorts(IEnumerable<string> plans, int rows) =>
        plans.Where(plan => Sort().Matches(plan).Any(match => Number(match.Groups[1]) > rows));

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"plan:\n((?:\t[^\n]*\n)+)")]
    private static partial Regex Plan();

    [GeneratedRegex(@"Seq Scan on [^\n]*\(actual rows=(\d+)[^\n]*(?:\n\t *(?:Filter|Rows Removed by Filter: (\d+))[^\n]*)*")]
    private static partial Regex Scan();

    [GeneratedRegex(@"Sort  \([^\n]*\(actual rows=(\d+)")]
    private static partial Regex Sort();
}
