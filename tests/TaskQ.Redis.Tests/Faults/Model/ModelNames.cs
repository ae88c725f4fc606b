using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>The names that operations take, by their number.</summary>
internal static class ModelNames
{
    /// <summary>Numbers up to this are those of <c>Unique()</c>, the same number beyond it those for a window.</summary>
    public const int PerKind = 3;

    /// <summary>None for 0.</summary>
    public static MessageName? Of(int number, bool replaces)
    {
        if (number == 0)
        {
            return null;
        }

        var mode = replaces ? DedupeMode.ReplacePending : DedupeMode.KeepFirst;
        number = 1 + ((number - 1) % (2 * PerKind));
        return number <= PerKind
            ? new MessageName((UInt128)number, TimeSpan.FromDays(365), UntilFinished: true, mode)
            : new MessageName((UInt128)number, ModelTime.Span(4 * number), UntilFinished: false, mode);
    }
}
