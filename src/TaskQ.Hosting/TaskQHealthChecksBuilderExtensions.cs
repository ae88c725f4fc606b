using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskQ.Hosting;
using TaskQ.Hosting.Health;

namespace TaskQ;

/// <summary>Adds health checks of a host's queues.</summary>
public static class TaskQHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check: healthy when the store of each queue answers and its consumer, where one runs, fetched lately; degraded
    /// while fetching is paused by errors.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The check's name. The default is <c>taskq</c>.</param>
    /// <param name="failureStatus">What a failure is reported as. The default is null: unhealthy.</param>
    /// <param name="tags">The check's tags. The default is null: none.</param>
    /// <param name="timeout">How long the check may take. The default is null: as long as the store's own limits allow.</param>
    /// <param name="queues">The names of the queues that are checked. The default is null: all.</param>
    /// <param name="stalledAfter">How long fetches may go unanswered, more than zero. The default is null: the queue's <see cref="QueueOptions.FetchWait"/> and 30 s.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stalledAfter"/> is not more than zero.</exception>
    public static IHealthChecksBuilder AddTaskQ(
        this IHealthChecksBuilder builder,
        string name = "taskq",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null,
        IEnumerable<string>? queues = null,
        TimeSpan? stalledAfter = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (stalledAfter is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(stalledAfter));
        }

        string[]? selected = queues?.ToArray();
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new QueueHealthCheck(
                provider.GetService<IQueueRegistry>() ?? throw new InvalidOperationException(
                    $"The health check '{name}' finds no queues: call AddTaskQ on the services too, services.AddTaskQ(taskq => ...)."),
                selected,
                stalledAfter),
            failureStatus,
            tags,
            timeout));
    }
}
