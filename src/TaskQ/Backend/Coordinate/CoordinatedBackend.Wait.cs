namespace TaskQ.Backend.Coordinate;

/// <summary>
/// Fetching. 1. The companion says how much may start. 2. While that is nothing, the fetch waits in this process: for a slot that is
/// freed here, for the next permit, or for the next look. 3. Otherwise it waits in the store, for no more than may start.
/// </summary>
/// <remarks>Nothing is taken of the limits before there are messages, so that a fetch that waits holds up nobody.</remarks>
internal sealed partial class CoordinatedBackend
{
    /// <summary>How long a fetch waits before it asks again what other processes have done.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    private TaskCompletionSource _changed = NewSignal();
    private volatile bool _paused;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static FetchRequest? Within(FetchRequest fetch, StartResult look) => look.Paused || look.Free < 1
        ? null
        : fetch with { Max = Math.Min(fetch.Max, look.Free) };

    private bool MustLook(FetchRequest fetch) => _hasLimits || _paused || fetch.Wait != TimeSpan.Zero;

    private async ValueTask<StartResult> LookAsync(FetchRequest fetch)
    {
        StartResult look = await _coordinator.StartAsync(fetch.Lease, [], CancellationToken.None).ConfigureAwait(false);
        NotePause(look.Paused);
        return look;
    }

    private void NotePause(bool paused) => _paused = paused;

    /// <summary>Something may start that could not: all who wait here look again.</summary>
    private void Wake() => Interlocked.Exchange(ref _changed, NewSignal()).SetResult();

    private async ValueTask<ExchangeResult> FetchAsync(FetchRequest fetch, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        bool wasPaused = _paused;
        await SendEndedAsync([]).ConfigureAwait(false);
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            StartResult? look = MustLook(fetch) ? await LookAsync(fetch).ConfigureAwait(false) : null;
            FetchRequest? asked = look is null ? fetch : Within(fetch, look);
            ExchangeResult result = ExchangeResult.Empty;
            if (asked is not null)
            {
                TimeSpan wait = LeftOf(fetch, start);
                result = await _store.ExchangeAsync([], asked with { Wait = wait }, cancellationToken).ConfigureAwait(false);
            }

            result = await StartAsync(fetch, result, look).ConfigureAwait(false);
            TimeSpan left = LeftOf(fetch, start);
            bool isOver = result.Deliveries.Count > 0
                || (result is { SuspectsWaiting: true, Paused: false } && !fetch.Suspect)
                || (result.Paused && !wasPaused)
                || left == TimeSpan.Zero
                || cancellationToken.IsCancellationRequested;
            if (isOver)
            {
                return result;
            }

            wasPaused = result.Paused;
            if (asked is null)
            {
                await WaitAsync(changed, look?.RetryAfter, left, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private TimeSpan LeftOf(FetchRequest fetch, long start)
    {
        if (fetch.Wait < TimeSpan.Zero)
        {
            return Timeout.InfiniteTimeSpan;
        }

        TimeSpan left = fetch.Wait - _time.GetElapsedTime(start);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Waits until something may have changed; ends early, without an exception, when it is cancelled.</summary>
    private async ValueTask WaitAsync(Task changed, TimeSpan? retryAfter, TimeSpan left, CancellationToken cancellationToken)
    {
        TimeSpan pause = retryAfter is { } known && known < LookPause ? known : LookPause;
        if (left >= TimeSpan.Zero && left < pause)
        {
            pause = left;
        }

        // Real timers count in milliseconds.
        pause = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds)));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(changed, Task.Delay(pause, _time, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
    }
}
