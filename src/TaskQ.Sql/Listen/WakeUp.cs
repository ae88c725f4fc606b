using System.Globalization;

namespace TaskQ.Sql.Listen;

/// <summary>What a process tells the others of a queue. As text: the queue's number, then <c>a</c> or a number of microseconds.</summary>
/// <param name="Queue">The queue's number.</param>
/// <param name="Wait">In how long a message is due; zero for now. Null when all fetches must look, because the queue has changed.</param>
internal readonly record struct WakeUp(long Queue, TimeSpan? Wait)
{
    /// <summary>What comes later than this needs no wake-up: who waits looks once before.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private const string All = "a";

    public static bool TryParse(string text, out WakeUp wakeUp)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        wakeUp = default;
        if (space < 0 || !long.TryParse(text.AsSpan(0, space), CultureInfo.InvariantCulture, out long queue))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan(space + 1);
        if (rest.SequenceEqual(All))
        {
            wakeUp = new WakeUp(queue, null);
            return true;
        }

        bool isWait = long.TryParse(rest, CultureInfo.InvariantCulture, out long microseconds);
        wakeUp = new WakeUp(queue, TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 0, (long)Soon.TotalMicroseconds)));
        return isWait;
    }

    public override string ToString() => Wait is { } wait
        ? string.Create(CultureInfo.InvariantCulture, $"{Queue} {(long)wait.TotalMicroseconds}")
        : string.Create(CultureInfo.InvariantCulture, $"{Queue} {All}");
}
