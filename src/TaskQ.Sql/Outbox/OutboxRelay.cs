using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Sql.Telemetry;

namespace TaskQ.Sql.Outbox;

/// <summary>
/// The relay of an outbox. 1. Reserve messages, and wait for them. 2. Add them to the queue; when that refuses the batch, one by one. 3. Delete
/// those that are there; the others come again later, or are dead after <see cref="MaxAttempts"/> attempts.
/// </summary>
internal sealed class OutboxRelay(SqlQueueBackend outbox, TaskQueue queue, ILogger logger) : IDisposable
{
    /// <summary>After how many refusals a message is dead: with the delays below, about an hour and a half.</summary>
    private const int MaxAttempts = 100;

    private const int BatchSize = 100;

    private static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task? _running;

    private TimeProvider Time => queue.Options.TimeProvider;

    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _running ??= Task.Run(RunAsync);
        }
    }

    public async Task StopAsync()
    {
        Task? running;
        lock (_lock)
        {
            running = _running;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await (running ?? Task.CompletedTask).ConfigureAwait(false);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        int failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var fetch = new FetchRequest(new Lease(Guid.CreateVersion7(Time.GetUtcNow()), LeaseDuration), BatchSize, Timeout.InfiniteTimeSpan);
                ExchangeResult found = await outbox.ExchangeAsync([], fetch, _stopping.Token).ConfigureAwait(false);
                if (found.SuspectsWaiting && found.Deliveries.Count == 0)
                {
                    found = await outbox.ExchangeAsync([], fetch with { Suspect = true }, _stopping.Token).ConfigureAwait(false);
                }

                if (found.Deliveries.Count > 0)
                {
                    List<Settlement> settlements = await RelayAsync(found.Deliveries).ConfigureAwait(false);
                    await outbox.ExchangeAsync(settlements, null, CancellationToken.None).ConfigureAwait(false);
                }

                failures = 0;
            }
#pragma warning disable CA1031 // Whatever it is, the relay must go on; what it had reserved comes back with its lease.
            catch (Exception error)
#pragma warning restore CA1031
            {
                TimeSpan delay = DelayAfter(++failures);
                Log.RelayFailed(logger, error, queue.Name, delay);
                await Task.Delay(delay, Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<List<Settlement>> RelayAsync(IReadOnlyList<Delivery> deliveries)
    {
        var settlements = new List<Settlement>(deliveries.Count);
        int size = Math.Min(queue.Capabilities.MaxAddBatch, BatchSize);
        for (int start = 0; start < deliveries.Count; start += size)
        {
            Delivery[] part = [.. deliveries.Skip(start).Take(size)];
            if (part.Length > 1 && await TryAddAsync(part).ConfigureAwait(false) is null)
            {
                settlements.AddRange(part.Select(static delivery => new Settlement(delivery, SettlementKind.Complete)));
                continue;
            }

            foreach (Delivery delivery in part)
            {
                Exception? error = await TryAddAsync([delivery]).ConfigureAwait(false);
                settlements.Add(Settle(delivery, error));
            }
        }

        return settlements;
    }

    /// <summary>Adds messages to the queue.</summary>
    /// <returns>Why it refused them, null when it has them.</returns>
    private async Task<Exception?> TryAddAsync(Delivery[] deliveries)
    {
        try
        {
            NewMessage[] messages = Array.ConvertAll(deliveries, delivery => OutboxEnvelope.Unwrap(delivery, queue.Capabilities.Names));
            await queue.Backend.AddRangeAsync(messages, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // The caller decides by it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error;
        }
    }

    private Settlement Settle(Delivery delivery, Exception? error)
    {
        if (error is null)
        {
            return new Settlement(delivery, SettlementKind.Complete);
        }

        if (delivery.Attempt >= MaxAttempts)
        {
            Log.RelayRefused(logger, error, queue.Name, delivery.Id, delivery.Attempt);
            return new Settlement(
                delivery, SettlementKind.Dead, Death: new Death(DeadReason.RetriesExhausted, error.GetType().FullName, error.Message, delivery.Attempt));
        }

        TimeSpan delay = DelayAfter(delivery.Attempt);
        Log.RelayRetried(logger, error, queue.Name, delivery.Id, delivery.Attempt, delay);
        return new Settlement(delivery, SettlementKind.Retry, delay);
    }

    /// <summary>A second, then twice as long each time.</summary>
    private static TimeSpan DelayAfter(int failures) =>
        failures > 6 ? LongestDelay : TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, 1 << (failures - 1)));
}
