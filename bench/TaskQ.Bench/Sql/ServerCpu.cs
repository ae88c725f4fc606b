using System.Globalization;

namespace TaskQ.Bench.Sql;

/// <summary>The processor time of a server: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html</summary>
internal static class ServerCpu
{
    private const double TicksPerSecond = 100;

    // Counted from the field after the name, which is the third.
    private const int Parent = 1, UserTime = 11, ChildrensSystemTime = 14;

    /// <summary>Seconds of a process, its children, and those that have ended.</summary>
    public static double Read(int process)
    {
        double ticks = Ticks(Fields(process));
        foreach (string child in File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            ticks += Ticks(Fields(int.Parse(child, CultureInfo.InvariantCulture)));
        }

        return ticks / TicksPerSecond;
    }

    public static int ParentOf(int process) => int.Parse(Fields(process)[Parent], CultureInfo.InvariantCulture);

    // Empty for one that has ended meanwhile: its parent has its time then.
    private static string[] Fields(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static double Ticks(string[] fields) =>
        fields.Length == 0 ? 0 : fields[UserTime..(ChildrensSystemTime + 1)].Sum(static field => double.Parse(field, CultureInfo.InvariantCulture));
}
