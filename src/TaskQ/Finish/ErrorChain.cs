namespace TaskQ.Finish;

/// <summary>Looks through an exception, its inner exceptions and those of an <see cref="AggregateException"/>.</summary>
internal static class ErrorChain
{
    // Deeper than any real chain; a cycle of hand-made exceptions ends here.
    private const int MaxDepth = 64;

    /// <summary>The first exception of a kind, outermost first, null when there is none.</summary>
    public static T? Find<T>(Exception? error)
        where T : class => Find<T>(error, 0);

    private static T? Find<T>(Exception? error, int depth)
        where T : class
    {
        for (; error is not null && depth < MaxDepth; error = error.InnerException, depth++)
        {
            if (error is T found)
            {
                return found;
            }

            if (error is AggregateException aggregate)
            {
                foreach (Exception inner in aggregate.InnerExceptions)
                {
                    if (Find<T>(inner, depth + 1) is { } nested)
                    {
                        return nested;
                    }
                }

                return null;
            }
        }

        return null;
    }
}
