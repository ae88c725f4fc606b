using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Sql.Telemetry;

namespace TaskQ.Sql.Outbox;

/// <summary>
/// The relay of an outbox. 1. Reserve messages, and wait for them. 2. Add them to the queue. 3. Delete those that are there. What the queue
/// refuses comes again later, and is dead after <see cref="MaxAttempts"/> attempts. While the queue is away, nothing counts.
/// </summary>
internal sealed class OutboxRelay(SqlQueueBackend outbox, TaskQueue queue, ILogger logger) : IDisposable
{
    /// <summary>After how many refusals a message is dead: with the delays below, about an hour and a half.</summary>
    private const int MaxAttempts = 100;

    private const int BatchSize = 100;

    private static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(1);

    /// <summary>No add begins later in a lease: there must be time for it to end, and to be noted.</summary>
    private static readonly TimeSpan LastAdd = LeaseDuration / 2;

    /// <summary>How long an add that is on its way may take once the relay is to stop.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abandoning = new();
    private Task? _running;

    private TimeProvider Time => queue.Options.TimeProvider;

    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            if (_running is not null)
            {
                return;
            }

            if (queue.Capabilities is { Names: false, KnowsIds: false })
            {
                Log.RelayMayRepeat(logger, queue.Name, queue.Capabilities.Remedy);
            }

            _running = Task.Run(RunAsync);
        }
    }

    public async Task StopAsync()
    {
        Task? running;
        lock (_lock)
        {
            running = _running;
        }

        using var patience = new CancellationTokenSource(StopPatience, Time);
        using CancellationTokenRegistration end = patience.Token.UnsafeRegister(static abandoning => ((CancellationTokenSource)abandoning!).Cancel(), _abandoning);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await (running ?? Task.CompletedTask).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _abandoning.Dispose();
    }

    private async Task RunAsync()
    {
        int failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                failures = await RelayAsync(failures).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, the relay must go on; what it had reserved comes back with its lease.
            catch (Exception error)
#pragma warning restore CA1031
            {
                await PauseAsync(error, ++failures).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for messages, and relays them.</summary>
    /// <param name="failures">How often in a row that has failed.</param>
    /// <returns>How often it has by now.</returns>
    private async Task<int> RelayAsync(int failures)
    {
        var fetch = new FetchRequest(new Lease(Guid.CreateVersion7(Time.GetUtcNow()), LeaseDuration), BatchSize, Timeout.InfiniteTimeSpan);
        ExchangeResult found = await outbox.ExchangeAsync([], fetch, _stopping.Token).ConfigureAwait(false);
        if (found.SuspectsWaiting && found.Deliveries.Count == 0)
        {
            found = await outbox.ExchangeAsync([], fetch with { Suspect = true }, _stopping.Token).ConfigureAwait(false);
        }

        if (found.Deliveries.Count == 0)
        {
            return failures;
        }

        long start = Time.GetTimestamp();
        DateTimeOffset now = found.Deliveries.Any(OutboxEnvelope.IsDelayed) ? await outbox.ReadTimeAsync().ConfigureAwait(false) : default;
        var pass = new OutboxPass(
            found.Deliveries,
            part => TryAddAsync(part, now + Time.GetElapsedTime(start)),
            () => _stopping.IsCancellationRequested || Time.GetElapsedTime(start) >= LastAdd);
        await pass.RunAsync(Math.Min(queue.Capabilities.MaxAddBatch, BatchSize)).ConfigureAwait(false);

        failures = pass.Outage is null ? 0 : pass.Added.Count > 0 ? 1 : failures + 1;
        await outbox.ExchangeAsync(Settle(pass, failures), null, CancellationToken.None).ConfigureAwait(false);
        if (pass.Outage is { } outage && !_stopping.IsCancellationRequested)
        {
            await PauseAsync(outage, failures).ConfigureAwait(false);
        }

        return failures;
    }

    /// <summary>Adds messages to the queue.</summary>
    /// <returns>Why it refused them, null when it has them.</returns>
    private async Task<Exception?> TryAddAsync(Delivery[] deliveries, DateTimeOffset now)
    {
        try
        {
            NewMessage[] messages = Array.ConvertAll(deliveries, delivery => OutboxEnvelope.Unwrap(delivery, queue.Capabilities.Names, now));
            await queue.Backend.AddRangeAsync(messages, _abandoning.Token).ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // The caller decides by it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error;
        }
    }

    private List<Settlement> Settle(OutboxPass pass, int failures)
    {
        // Behind the others, should it be them and not the queue.
        TimeSpan behind = failures == 0 ? TimeSpan.Zero : 2 * PauseAfter(failures);
        return
        [
            .. pass.Added.Select(static delivery => new Settlement(delivery, SettlementKind.Complete)),
            .. pass.Refused.Select(refused => Settle(refused.Delivery, refused.Error)),
            .. pass.Failed.Select(delivery => new Settlement(delivery, SettlementKind.Release, behind)),
            .. pass.Untried.Select(static delivery => new Settlement(delivery, SettlementKind.Release)),
        ];
    }

    private Settlement Settle(Delivery delivery, Exception error)
    {
        if (delivery.Attempt >= MaxAttempts)
        {
            Log.RelayRefused(logger, error, queue.Name, delivery.Id, delivery.Attempt);
            return new Settlement(
                delivery, SettlementKind.Dead, Death: new Death(DeadReason.RetriesExhausted, error.GetType().FullName, error.Message, delivery.Attempt));
        }

        TimeSpan delay = DelayAfter(delivery.Attempt, LongestDelay);
        Log.RelayRetried(logger, error, queue.Name, delivery.Id, delivery.Attempt, delay);
        return new Settlement(delivery, SettlementKind.Retry, delay);
    }

    private async Task PauseAsync(Exception error, int failures)
    {
        TimeSpan pause = PauseAfter(failures);
        Log.RelayFailed(logger, error, queue.Name, pause);
        await Task.Delay(pause, Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TimeSpan PauseAfter(int failures) => DelayAfter(failures, LongestPause);

    /// <summary>A second, then twice as long each time.</summary>
    private static TimeSpan DelayAfter(int failures, TimeSpan longest) =>
        failures > 6 ? longest : TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, 1 << (failures - 1)));
}
