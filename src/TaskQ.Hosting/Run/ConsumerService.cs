using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TaskQ.Hosting.Configure;
using TaskQ.Hosting.Model;
using TaskQ.Hosting.Telemetry;

namespace TaskQ.Hosting.Run;

/// <summary>Makes the queues when the host starts, and runs the consumers that the host asked for.</summary>
/// <remarks>
/// 1. Before anything starts: make the queues, so that what is wrong ends the start. 2. When all has started: start the
/// consumers; a store that can't be reached is waited for, like one that goes away later, and one that can't keep queues ends
/// the start. 3. Before anything stops: stop the consumers, so that running handlers still have all they need.
/// </remarks>
internal sealed class ConsumerService(
    HostModel model,
    QueueRegistry registry,
    IServiceProvider services,
    IOptions<ConsumerHostOptions> options) : IHostedLifecycleService
{
    private readonly ILogger _logger =
        (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("TaskQ.Hosting");

    private IReadOnlyList<TaskQueue> _queues = [];

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        registry.Make();
        _queues = Select();
        _ = options.Value;
        WarnOfUnknownSections();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_queues.Where(queue => !queue.Consumer.Stats.Running).Select(queue => queue.StartAsync(cancellationToken)));

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Task stopping = Task.WhenAll(_queues.Select(queue => StopAsync(queue, cancellationToken)));
        using (cancellationToken.UnsafeRegister(
            _ =>
            {
                if (!stopping.IsCompleted)
                {
                    Log.StopCutShort(_logger);
                }
            },
            null))
        {
            await stopping.ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task StopAsync(TaskQueue queue, CancellationToken cancellationToken)
    {
        try
        {
            await queue.StopAsync(options.Value.StopTimeout, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // One queue's failure must not keep the others from their stop.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.StopFailed(_logger, error, queue.Name);
        }
    }

    private List<TaskQueue> Select()
    {
        IReadOnlyCollection<TaskQueue> all = registry.Queues;
        if (model.Running is not { } names)
        {
            return [.. all];
        }

        string[] missing = [.. names.Where(name => model.Find(name) is null)];
        return missing.Length == 0
            ? [.. all.Where(queue => names.Contains(queue.Name))]
            : throw new InvalidOperationException(
                $"RunConsumers names '{string.Join("', '", missing)}', but the host's queues are: {Names()}. Add the queue, or correct the name.");
    }

    /// <summary>A warning, no error: an API and a worker may share a configuration and have different queues.</summary>
    private void WarnOfUnknownSections()
    {
        if (services.GetService<IConfiguration>() is not { } configuration)
        {
            return;
        }

        foreach (IConfigurationSection section in configuration.GetSection(QueueOptionsSetup.Section).GetChildren())
        {
            // Configuration keys ignore case; queue names don't.
            if (!model.Queues.Any(queue => string.Equals(queue.Name, section.Key, StringComparison.OrdinalIgnoreCase)))
            {
                Log.UnknownQueueSection(_logger, section.Path, Names());
            }
        }
    }

    private string Names() => model.Queues.Count == 0 ? "none" : string.Join(", ", model.Queues.Select(queue => queue.Name));
}
