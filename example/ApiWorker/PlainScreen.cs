using System.Globalization;

namespace ApiWorker;

/// <summary>Writes a line each time, for a log file.</summary>
internal sealed class PlainScreen(TextWriter output) : IScreen
{
    private bool _hasHeader;

    public void Show(TimeSpan time, IReadOnlyList<QueueFigures> queues)
    {
        if (!_hasHeader)
        {
            output.WriteLine("    time    added  running     done  retried     dead  per second");
            _hasHeader = true;
        }

        QueueFigures all = QueueFigures.Sum(queues);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{time.TotalSeconds,6:F1} s {all.Added,8} {all.Running,8} {all.Done,8} {all.Retried,8} {all.Dead,8} {all.PerSecond,11:F0}"));
    }
}
