namespace ApiWorker;

/// <summary>How a queue is doing.</summary>
/// <param name="Name">The queue.</param>
/// <param name="Added">Messages that this run has added.</param>
/// <param name="Running">Messages whose handler runs.</param>
/// <param name="Done">Messages that ended well, those included that a fallback handler took.</param>
/// <param name="Retried">Failed attempts that are tried again.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="PerSecond">Messages that ended in the last second.</param>
internal sealed record QueueFigures(string Name, long Added, long Running, long Done, long Retried, long Dead, double PerSecond)
{
    /// <summary>The figures of all queues.</summary>
    public static QueueFigures Sum(IReadOnlyList<QueueFigures> queues) => new(
        "all",
        queues.Sum(queue => queue.Added),
        queues.Sum(queue => queue.Running),
        queues.Sum(queue => queue.Done),
        queues.Sum(queue => queue.Retried),
        queues.Sum(queue => queue.Dead),
        queues.Sum(queue => queue.PerSecond));
}
