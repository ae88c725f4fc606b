using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskQ.Hosting.Health;

/// <summary>Checks queues: does the store answer, and does the consumer fetch.</summary>
internal sealed class QueueHealthCheck(IQueueRegistry registry, IReadOnlyList<string>? names, TimeSpan? stalledAfter) : IHealthCheck
{
    /// <summary>What a fetch may take beyond its wait before it counts as stalled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IEnumerable<TaskQueue> queues = names is null ? registry.Queues : names.Select(registry.Get);
        QueueHealth[] healths = await Task.WhenAll(queues.Select(queue => LookAsync(queue, cancellationToken))).ConfigureAwait(false);

        var data = new Dictionary<string, object>();
        foreach (QueueHealth health in healths)
        {
            health.AddTo(data);
        }

        if (healths.Where(health => health.Failure is not null).ToArray() is [var first, ..] failed)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, Text(failed, health => health.Failure!), first.Error, data);
        }

        return healths.Where(health => health.Stats.PausedByErrors).ToArray() is [_, ..] paused
            ? HealthCheckResult.Degraded(Text(paused, _ => "fetching is paused by errors"), data: data)
            : HealthCheckResult.Healthy($"{healths.Length} queue{(healths.Length == 1 ? "" : "s")}", data);
    }

    private static string Text(IEnumerable<QueueHealth> healths, Func<QueueHealth, string> say) =>
        string.Join("; ", healths.Select(health => $"Queue '{health.Name}': {say(health)}")) + ".";

    private async Task<QueueHealth> LookAsync(TaskQueue queue, CancellationToken cancellationToken)
    {
        QueueCounts? counts = null;
        Exception? error = null;
        try
        {
            counts = await queue.CountAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever the store's client throws is the check's result.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            error = thrown;
        }

        ConsumerStats stats = queue.Consumer.Stats;
        TimeSpan limit = stalledAfter ?? queue.Options.FetchWait + Grace;
        string? failure = error is not null ? $"the store does not answer: {error.Message.TrimEnd('.')}"
            : stats.FetchUnanswered > limit ? $"no fetch was answered for {stats.FetchUnanswered:c}"
            : null;
        return new QueueHealth(queue.Name, counts, stats, failure, error);
    }
}
