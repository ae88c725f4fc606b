using TaskQ.Backend;
using TaskQ.Dispatch;

namespace TaskQ.Consume;

/// <summary>Takes messages from the buffer, one at a time, and has them run.</summary>
/// <remarks>
/// Finished messages are handed over together, but never held back: at once when the next handler does not end
/// right away, when the buffer is empty, after a millisecond, or when a limit counts what runs. A handler that blocks
/// its thread keeps the worker from that; then the beat sends them (<see cref="SendFinished"/>).
/// </remarks>
internal sealed class Worker
{
    private const int MaxFinished = 64;

    // So that a worker that never waits lets other work of the thread pool in.
    private static readonly TimeSpan MaxTurn = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan MaxHold = TimeSpan.FromMilliseconds(1);

    private readonly ConsumerRun _run;
    private readonly DeliveryBuffer _buffer;
    private readonly TimeProvider _timeProvider;
    private readonly long _maxHoldTicks;
    private readonly long _maxTurnTicks;
    private readonly WorkerSignal _signal = new();
    private readonly Lock _finishedLock = new();
    private readonly List<Settlement> _finished = new(MaxFinished);
    private long _succeeded;
    private long _firstStart;
    private long _lastEnd;
    private long _busyTicks;
    private long _freshTicks;
    private long _runningSince;
    private int _ended;
    private int _fresh;
    private int _taken;

    public Worker(ConsumerRun run)
    {
        _run = run;
        _buffer = run.Buffer;
        _timeProvider = run.TimeProvider;
        _maxHoldTicks = run.HandOverEach ? 0 : ToTimestampTicks(MaxHold);
        _maxTurnTicks = ToTimestampTicks(MaxTurn);
    }

    /// <summary>The timestamp at which the current message began, 0 when there is none.</summary>
    public long RunningSince => Volatile.Read(ref _runningSince);

    public async Task RunAsync()
    {
        _run.Crew.Add(this);
        try
        {
            await LoopAsync().ConfigureAwait(false);
        }
        finally
        {
            _run.Crew.Remove(this);
        }
    }

    /// <summary>Hands finished messages to the settler; safe for use by several threads.</summary>
    public void SendFinished()
    {
        bool mustFlush = false;
        lock (_finishedLock)
        {
            if (_finished.Count > 0)
            {
                mustFlush = _run.Settler.Enqueue(_finished);
                _finished.Clear();
            }
        }

        if (mustFlush)
        {
            _run.Settler.Flush();
        }
    }

    private async Task LoopAsync()
    {
        ExecutionContext context = ExecutionContext.Capture()!;
        long turnStart = _timeProvider.GetTimestamp();
        long resumeFrom = 0;
        while (true)
        {
            if (_run.Workers.TryRetire())
            {
                HandOver();
                _buffer.PassOn();
                return;
            }

            if (!_buffer.TryTake(out Delivery? delivery))
            {
                HandOver();
                resumeFrom = 0;
                Volatile.Write(ref _runningSince, 0);
                if (!await _buffer.WaitAsync(_signal).ConfigureAwait(false) && _run.Workers.IsClosed)
                {
                    _run.Workers.Leave();
                    return;
                }

                turnStart = _timeProvider.GetTimestamp();

                continue;
            }

            long start = resumeFrom != 0 ? resumeFrom : _taken == 0 ? _timeProvider.GetTimestamp() : _lastEnd;
            resumeFrom = 0;
            if (_taken++ == 0)
            {
                _firstStart = start;
            }

            Volatile.Write(ref _runningSince, Math.Max(start, 1));
            int epoch = _run.Crew.Epoch;
            RunResult result;
            try
            {
                ValueTask<RunResult> running = _run.Dispatcher.RunAsync(delivery);
                Restore(context);
                if (running.IsCompletedSuccessfully)
                {
                    result = running.GetAwaiter().GetResult();
                }
                else
                {
                    HandOverFinished();
                    result = await running.ConfigureAwait(false);
                    turnStart = _timeProvider.GetTimestamp();
                }
            }
#pragma warning disable CA1031 // The dispatcher catches what user code throws; a logger of the user's may still throw.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Restore(context);
                result = _run.Dispatcher.Broken(delivery, error);
            }

            Record(result, start, epoch);
            if (_lastEnd - turnStart >= _maxTurnTicks)
            {
                // Waiting for a thread counts as handling the next message, or the scaler would take workers that
                // only compete for threads for idle ones.
                resumeFrom = _lastEnd;
                Volatile.Write(ref _runningSince, _lastEnd);
                await Task.Yield();
                turnStart = _timeProvider.GetTimestamp();
            }
        }
    }

    /// <summary>A handler may leave async locals behind; the next message must not see them, nor what is sent meanwhile.</summary>
    private static void Restore(ExecutionContext context)
    {
        if (!ReferenceEquals(ExecutionContext.Capture(), context))
        {
            ExecutionContext.Restore(context);
        }
    }

    private long ToTimestampTicks(TimeSpan time) => (long)(time.TotalSeconds * _timeProvider.TimestampFrequency);

    private void Record(RunResult result, long start, int epoch)
    {
        Delivery delivery = result.Settlement.Delivery;
        delivery.Running?.ReleasePermit(_run.Logger);
        _lastEnd = _timeProvider.GetTimestamp();
        _busyTicks += _lastEnd - start;
        _ended++;
        if (epoch == _run.Crew.Epoch)
        {
            _freshTicks += _lastEnd - start;
            _fresh++;
        }

        if (result.Status == RunStatus.Succeeded)
        {
            _succeeded++;
            _run.Errors.OnSuccess();
        }
        else
        {
            _run.OnNotSucceeded(result.Status);
        }

        int finished;
        lock (_finishedLock)
        {
            if (delivery.TrySettle())
            {
                _finished.Add(result.Settlement);
            }

            finished = _finished.Count;
        }

        if (finished == MaxFinished || _lastEnd - _firstStart >= _maxHoldTicks)
        {
            HandOver();
        }
    }

    /// <summary>Hands over everything that is finished; the worker has nothing in hand afterwards.</summary>
    private void HandOver()
    {
        HandOverFinished();
        if (_taken > 0)
        {
            _buffer.Finish(_taken);
            _taken = 0;
        }
    }

    /// <summary>Hands over what is finished while one message still runs.</summary>
    private void HandOverFinished()
    {
        if (_ended > 0)
        {
            _run.Counters.AddRuns(_ended, _busyTicks);
            _run.Counters.AddProcessed(_succeeded);
            _run.Crew.AddFresh(_fresh, _freshTicks);
            _ended = _fresh = 0;
            _busyTicks = _freshTicks = 0;
            _succeeded = 0;
        }

        SendFinished();
        if (_taken > 1)
        {
            _buffer.Finish(_taken - 1);
            _taken = 1;
        }
    }
}
