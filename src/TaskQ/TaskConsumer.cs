using Microsoft.Extensions.Logging;
using TaskQ.Consume;

namespace TaskQ;

/// <summary>Fetches the messages of a queue and runs them.</summary>
public sealed class TaskConsumer
{
    private static readonly TimeSpan EmptyPoll = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly TaskQueue _queue;
    private readonly ILogger _logger;
    private readonly ConsumerCounters _counters;
    private readonly List<IConsumerHook> _hooks = [];
    private ConsumerRun? _run;
    private Task? _stop;
    private bool _disposed;

    internal TaskConsumer(TaskQueue queue, ILogger logger)
    {
        _queue = queue;
        _logger = logger;
        _counters = new ConsumerCounters(queue.Options.TimeProvider);
    }

    /// <summary>What it is doing and has done.</summary>
    public ConsumerStats Stats
    {
        get
        {
            ConsumerRun? run = CurrentRun;
            int buffered = run?.Buffer.Count ?? 0;
            int workers = run?.Workers.Live ?? 0;
            return new ConsumerStats(
                workers,
                run?.Fetchers.Live ?? 0,
                _queue.Options.BufferSize!.Value,
                buffered,
                Math.Clamp((run?.Buffer.Demand ?? 0) - buffered, 0, workers),
                _counters.Processed,
                _counters.Retries,
                _counters.Failures,
                run is not null && (run.Errors.IsPaused || run.IsPausedByOperator),
                _counters.AverageDuration);
        }
    }

    private ConsumerRun? CurrentRun
    {
        get
        {
            lock (_lock)
            {
                return _run;
            }
        }
    }

    /// <summary>Starts fetching and running.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when it has started.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, _queue);
            if (_run is not null)
            {
                throw new InvalidOperationException(
                    $"The consumer of queue '{_queue.Name}' {(_stop is null ? "runs already" : "is stopping")}.");
            }

            _run = new ConsumerRun(_queue, [.. _hooks], _counters, _logger);
            _run.Start();
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Stops in four steps: stops fetching, gives back what has not started, lets running handlers end, then
    /// cancels those that did not and gives their messages back. Harmless when it does not run.
    /// </summary>
    /// <param name="timeout">How long running handlers may take, at least zero.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public Task StopAsync(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        lock (_lock)
        {
            if (_run is null)
            {
                return Task.CompletedTask;
            }

            return _stop ??= StopRunAsync(_run, timeout);
        }
    }

    /// <summary>Wraps every handler in a hook; the first added is the outermost.</summary>
    /// <param name="hook">The hook.</param>
    /// <exception cref="InvalidOperationException">The consumer runs.</exception>
    public void AddHook(IConsumerHook hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        lock (_lock)
        {
            if (_run is not null)
            {
                throw new InvalidOperationException(
                    $"The consumer of queue '{_queue.Name}' runs; add its hooks before it is started.");
            }

            _hooks.Add(hook);
        }
    }

    /// <summary>Runs messages until none is ready and none is running; those whose time has not come are not waited for. A consumer that did not run stops again.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the queue is empty.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task ProcessAllAsync(CancellationToken cancellationToken = default)
    {
        bool started = CurrentRun is null;
        if (started)
        {
            await StartAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            while (true)
            {
                // Asked for before the count, which takes time: progress meanwhile must not be missed.
                Task progress = CurrentRun?.Leases.WaitForProgressAsync() ?? Task.CompletedTask;
                QueueCounts counts = await _queue.Backend.CountAsync(cancellationToken).ConfigureAwait(false);
                if (counts is { Ready: 0, InFlight: 0 })
                {
                    return;
                }

                // Woken by the run's own progress; the poll is for what other processes do.
                await progress.WaitAsync(EmptyPoll, _queue.Options.TimeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            if (started)
            {
                await StopAsync(QueueDefaults.StopTimeout).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops for good.</summary>
    internal Task DisposeAsync(TimeSpan timeout)
    {
        lock (_lock)
        {
            _disposed = true;
        }

        return StopAsync(timeout);
    }

    private async Task StopRunAsync(ConsumerRun run, TimeSpan timeout)
    {
        // Off the caller's lock before anything runs.
        await Task.Yield();
        try
        {
            await run.StopAsync(timeout).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _run = null;
                _stop = null;
            }
        }
    }
}
