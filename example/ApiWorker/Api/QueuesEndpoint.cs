using TaskQ;
using TaskQ.Hosting;

namespace ApiWorker.Api;

/// <summary><c>GET /queues</c>: how many messages there are in each state, and some dead letters.</summary>
internal static class QueuesEndpoint
{
    private const int MaxDeadLetters = 20;

    public static async Task<IEnumerable<QueueState>> ListAsync(IQueueRegistry registry, CancellationToken cancellationToken) =>
        await Task.WhenAll(registry.Queues.Select(queue => LookAsync(queue, cancellationToken)));

    private static async Task<QueueState> LookAsync(TaskQueue queue, CancellationToken cancellationToken)
    {
        QueueCounts counts = await queue.CountAsync(cancellationToken);
        IReadOnlyList<DeadLetter> dead = counts.Dead == 0 ? [] : await queue.PeekDeadAsync(MaxDeadLetters, cancellationToken);
        return new QueueState(
            queue.Name,
            counts.Ready,
            counts.Delayed,
            counts.InFlight,
            counts.Dead,
            [.. dead.Select(letter => new DeadMessage(
                letter.Message.Id, letter.Message.TaskName, letter.Reason, letter.ErrorMessage, letter.Attempts, letter.DiedAt))]);
    }

    /// <summary>A queue.</summary>
    internal sealed record QueueState(
        string Name, long Ready, long Delayed, long InFlight, long Dead, IReadOnlyList<DeadMessage> DeadLetters);

    /// <summary>A message that is not tried again, and why. Its arguments stay out of sight.</summary>
    internal sealed record DeadMessage(Guid Id, string Task, string Reason, string? Error, int Attempts, DateTimeOffset DiedAt);
}
