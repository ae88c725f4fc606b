using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace TaskQ.Dispatch;

/// <summary>The log scope of a run: structured loggers read it as pairs, others as text.</summary>
internal sealed class MessageScope(string queue, string task, Guid id, int attempt) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 4;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("Queue", queue),
        1 => new("Task", task),
        2 => new("MessageId", id),
        3 => new("Attempt", attempt),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>Whether the logger does anything with scopes. One that does not gives nothing, or the same object for every scope.</summary>
    public static bool IsWanted(ILogger logger)
    {
        IDisposable? first = logger.BeginScope("");
        IDisposable? second = logger.BeginScope("");
        bool isWanted = first is not null && !ReferenceEquals(first, second);
        End(second);
        End(first);
        return isWanted;
    }

    /// <summary>Ends a scope. It is the user's logger's, and what it throws must not fail the message.</summary>
    public static void End(IDisposable? scope)
    {
        try
        {
            scope?.Dispose();
        }
#pragma warning disable CA1031 // It may throw anything, and the logger is what is broken.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Debug.WriteLine(error);
        }
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"Queue:{queue} Task:{task} MessageId:{id} Attempt:{attempt}");
}
