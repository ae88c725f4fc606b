using Microsoft.Extensions.Logging;
using TaskQ.Backend;
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
    private TaskCompletionSource? _stop;
    private bool _disposed;
    private int _stops;

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
                _counters.AverageDuration)
            {
                Running = run is not null && !IsStopping,
                PausedByErrors = run is not null && run.Errors.IsPaused,
                LastFetchAge = run?.Watch.Age,
                FetchUnanswered = run?.Watch.Unanswered ?? TimeSpan.Zero,
            };
        }
    }

    private bool IsStopping
    {
        get
        {
            lock (_lock)
            {
                return _stop is not null;
            }
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

    /// <summary>
    /// Starts fetching and running. A store that can't be reached is waited for, like one that goes away later; one that was reached and can't
    /// keep queues fails the start.
    /// </summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when it has started.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    /// <exception cref="NotSupportedException">The store can't keep queues, such as a server that is too old.</exception>
    /// <exception cref="UnauthorizedAccessException">The store refuses what its backend needs.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled, or the consumer stopped meanwhile.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var check = _queue.Backend as IStoreCheck;
        int stops;
        lock (_lock)
        {
            ThrowIfNotStartable();
            stops = _stops;
            if (check is null)
            {
                Run();
            }
        }

        return check is null ? Task.CompletedTask : StartCheckedAsync(check, stops, cancellationToken);
    }

    /// <summary>
    /// Stops in four steps: stops fetching, gives back what has not started, lets running handlers end, then
    /// cancels those that did not and gives their messages back. Harmless when it does not run.
    /// </summary>
    /// <param name="timeout">How long running handlers may take, at least zero; more than 49 days means 49 days.</param>
    /// <param name="cancellationToken">Ends that time early, not the stop. Of a stop that is under way already it changes nothing.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        ConsumerRun run;
        TaskCompletionSource stop;
        lock (_lock)
        {
            _stops++;
            if (_run is null)
            {
                return Task.CompletedTask;
            }

            if (_stop is not null)
            {
                return _stop.Task;
            }

            run = _run;
            _stop = stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _ = StopRunAsync(run, timeout, stop, cancellationToken);
        return stop.Task;
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
                // Woken by the run's own progress, asked for before the count so that none is missed; the poll is for
                // what other processes do.
                Task progress = CurrentRun?.Leases.WaitForProgressAsync()
                    ?? Task.Delay(EmptyPoll, _queue.Options.TimeProvider, cancellationToken);
                QueueCounts counts = await _queue.Backend.CountAsync(cancellationToken).ConfigureAwait(false);
                if (counts is { Ready: 0, InFlight: 0 })
                {
                    return;
                }

                await progress.WaitAsync(EmptyPoll, _queue.Options.TimeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            if (started)
            {
                await StopAsync(QueueDefaults.StopTimeout, CancellationToken.None).ConfigureAwait(false);
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

    private async Task StartCheckedAsync(IStoreCheck check, int stops, CancellationToken cancellationToken)
    {
        await check.CheckAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            ThrowIfNotStartable();
            if (_stops != stops)
            {
                throw new OperationCanceledException($"The consumer of queue '{_queue.Name}' was stopped before it had started.");
            }

            Run();
        }
    }

    private void ThrowIfNotStartable()
    {
        ObjectDisposedException.ThrowIf(_disposed, _queue);
        if (_run is not null)
        {
            throw new InvalidOperationException(
                $"The consumer of queue '{_queue.Name}' {(_stop is null ? "runs already" : "is stopping")}.");
        }
    }

    private void Run()
    {
        _run = new ConsumerRun(_queue, [.. _hooks], _counters, _logger);
        _run.Start();
    }

    private async Task StopRunAsync(
        ConsumerRun run, TimeSpan timeout, TaskCompletionSource stop, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await run.StopAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is thrown to whoever waits for the stop.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        lock (_lock)
        {
            _run = null;
            _stop = null;
        }

        if (failure is null)
        {
            stop.SetResult();
        }
        else
        {
            stop.SetException(failure);
        }
    }
}
