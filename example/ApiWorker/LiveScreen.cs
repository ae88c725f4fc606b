using System.Globalization;

namespace ApiWorker;

/// <summary>Draws a bar and the figures of each queue in place, in a terminal.</summary>
internal sealed class LiveScreen(TextWriter output, Func<int> width) : IScreen
{
    private const int MaxBar = 30;

    // A control sequence of ECMA-48: erase to the end of the line.
    private const string EraseLine = "\e[K";

    private int _drawn;

    public void Show(TimeSpan time, IReadOnlyList<QueueFigures> queues)
    {
        if (_drawn > 0)
        {
            // So many lines up.
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\e[{_drawn}A"));
        }

        foreach (QueueFigures queue in queues)
        {
            output.WriteLine(Line(queue) + EraseLine);
        }

        output.WriteLine(Cut(string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds,6:F1} s")) + EraseLine);
        _drawn = queues.Count + 1;
    }

    private string Line(QueueFigures queue)
    {
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $" {queue.Added} added, {queue.Running} running, {queue.Done} done, {queue.Retried} retried, {queue.Dead} dead, {queue.PerSecond:F0}/s");
        string name = $"{queue.Name,-10} ";

        // The bar has what the figures leave.
        int bar = Math.Clamp(width() - name.Length - figures.Length - 3, 0, MaxBar);
        long full = queue.Added == 0 ? 0 : bar * (queue.Done + queue.Dead) / queue.Added;
        return Cut(name + (bar == 0 ? "" : $"[{new string('#', (int)full).PadRight(bar, '.')}]") + figures);
    }

    // A line that wraps would be two, and the next drawing would begin too low.
    private string Cut(string line) => line.Length < width() ? line : line[..Math.Max(0, width() - 1)];
}
