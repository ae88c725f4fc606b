using System.Runtime.ExceptionServices;
using TaskQ.Backend;
using TaskQ.Sqs.Batch;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;
using TaskQ.Sqs.Telemetry;

namespace TaskQ.Sqs;

/// <summary>
/// Receiving. 1. Wait while paused. 2. Poll, for the first message as long as SQS allows. 3. When the answer is full and
/// more is wanted, receive the rest at the same time; the next fetch then asks for all of its own at once. 4. Sort out what is damaged, not due yet, or suspect.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    /// <summary>
    /// How many one request receives. Of a FIFO queue one: several may be of the same group, and what runs at the same time
    /// keeps no order. While one is held, SQS keeps back the others of its group.
    /// </summary>
    private int ReceiveSize => _options.Fifo ? 1 : Batcher<string>.MaxEntries;

    /// <summary>Whether the last answer was full, so that more is likely to be there.</summary>
    private volatile bool _isPlenty;

    private async Task<ExchangeResult> ReceiveAsync(FetchRequest fetch, TimeSpan wait, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (true)
        {
            Pausing pausing = Volatile.Read(ref _pausing);
            TimeSpan left = wait - _time.GetElapsedTime(start);
            if (cancellationToken.IsCancellationRequested || _disposed)
            {
                return new ExchangeResult { Paused = pausing.IsPaused };
            }

            if (pausing.IsPaused)
            {
                if (left <= TimeSpan.Zero)
                {
                    return new ExchangeResult { Paused = true };
                }

                await pausing.Changed.Task.WaitAsync(left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            ExchangeResult? result;
            using (var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pausing.Ended, _closing.Token))
            {
                result = await PollAsync(fetch, left, ending.Token).ConfigureAwait(false);
            }

            if (result is { } found && (found.Deliveries.Count > 0 || found.SuspectsWaiting || left <= TimeSpan.Zero))
            {
                return found;
            }

            if (Volatile.Read(ref _pausing).IsPaused)
            {
                return new ExchangeResult { Paused = true };
            }

            if (_time.GetElapsedTime(start) >= wait)
            {
                return ExchangeResult.Empty;
            }
        }
    }

    /// <returns>Null when the wait was ended.</returns>
    private async Task<ExchangeResult?> PollAsync(FetchRequest fetch, TimeSpan wait, CancellationToken ending)
    {
        TimeSpan hidden = VisibilityOf(fetch.Lease.Duration);
        List<SqsDelivery>? found;
        try
        {
            QueueInfo info = await FindAsync().WaitAsync(ending).ConfigureAwait(false);

            // A worker that has nowhere to put dead letters shall say so now, not when the first one comes.
            await FindDeadAsync(ending).ConfigureAwait(false);
            found = wait <= TimeSpan.Zero && _isPlenty && fetch.Max > ReceiveSize
                ? await ReceiveAllAsync(info, fetch.Max, hidden).ConfigureAwait(false)
                : await ReceiveFirstAsync(info, fetch.Max, wait, hidden, ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return null;
        }

        if (found is null)
        {
            return null;
        }

        bool suspectsWaiting = await SortOutSuspectsAsync(found).ConfigureAwait(false);
        return found.Count == 0
            ? new ExchangeResult { SuspectsWaiting = suspectsWaiting }
            : Hand(fetch.Lease, [.. found], suspectsWaiting);
    }

    /// <summary>One request, which may wait; the rest when that comes back full.</summary>
    /// <returns>Null when the wait was ended.</returns>
    private async Task<List<SqsDelivery>?> ReceiveFirstAsync(QueueInfo info, int max, TimeSpan wait, TimeSpan hidden, CancellationToken ending)
    {
        Poll? left = wait > TimeSpan.Zero ? TakeLeftPoll(hidden) : null;
        Poll poll = left ?? StartPoll(info, max, wait, hidden);
        Task receiving = poll.Receiving;
        await receiving.WaitAsync(left is null ? Timeout.InfiniteTimeSpan : wait, _time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!receiving.IsCompleted)
        {
            LeavePoll(poll);
            return null;
        }

        int received = await poll.Receiving.ConfigureAwait(false);
        _isPlenty = received >= ReceiveSize;
        List<SqsDelivery> found = poll.Found;
        if (found.Count > max)
        {
            await PutBackAllAsync(found[max..]).ConfigureAwait(false);
            found.RemoveRange(max, found.Count - max);
        }
        else if (_isPlenty && Worthwhile(max) > received)
        {
            // What has come must be handed out even if the rest fails: it is hidden from everybody else.
            _ = await ReceiveAtOnceAsync(info, Worthwhile(max) - received, hidden, found).ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>How many of a fetch are worth their requests: where only the room is short, no request goes for a part of ten.</summary>
    private int Worthwhile(int max) => max < (_queue.FetchBatchSize ?? Capabilities.DefaultFetchBatch) && max > ReceiveSize ? max - (max % ReceiveSize) : max;

    private async Task<List<SqsDelivery>> ReceiveAllAsync(QueueInfo info, int max, TimeSpan hidden)
    {
        var found = new List<SqsDelivery>(max);
        Exception? failure = await ReceiveAtOnceAsync(info, Worthwhile(max), hidden, found).ConfigureAwait(false);
        if (failure is not null && found.Count == 0)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return found;
    }

    /// <summary>As many requests at the same time as that many messages take.</summary>
    /// <returns>Why one of them failed, null when none did.</returns>
    private async Task<Exception?> ReceiveAtOnceAsync(QueueInfo info, int count, TimeSpan hidden, List<SqsDelivery> found)
    {
        var parts = new List<(Task<int> Receiving, List<SqsDelivery> Found)>();
        for (int left = count; left > 0; left -= ReceiveSize)
        {
            var part = new List<SqsDelivery>();
            parts.Add((ReceiveOnceAsync(info, Math.Min(left, ReceiveSize), TimeSpan.Zero, hidden, part, _closing.Token), part));
        }

        int received = 0;
        Exception? failure = null;
        foreach ((Task<int> receiving, List<SqsDelivery> part) in parts)
        {
            try
            {
                received += await receiving.ConfigureAwait(false);
            }
            catch (Exception error) when (error is SqsException or OperationCanceledException)
            {
                failure = error;
                Log.ReceiveFailed(_logger, error, _name);
            }

            found.AddRange(part);
        }

        _isPlenty = received == count;
        return failure;
    }

    /// <returns>How many came, those included that are not for the caller.</returns>
    private async Task<int> ReceiveOnceAsync(
        QueueInfo info, int max, TimeSpan wait, TimeSpan hidden, List<SqsDelivery> found, CancellationToken cancellationToken)
    {
        long asked = _time.GetTimestamp();
        SqsReceived received = await _client.ReceiveAsync(
            info.Url, new SqsReceiveRequest { MaxMessages = max, WaitTime = wait, VisibilityTimeout = hidden }, cancellationToken).ConfigureAwait(false);
        long answered = _time.GetTimestamp();

        // A long poll may have waited nearly as long as it was allowed to: the time counts from the receipt, not from the request.
        long receivedAt = wait == TimeSpan.Zero ? asked : answered;
        if (received.Damaged.Count > 0)
        {
            await PutBackDamagedAsync(received.Damaged).ConfigureAwait(false);
        }

        List<SqsDelivery>? early = null;
        foreach (SqsMessage message in received.Messages)
        {
            Envelope envelope = Envelope.Read(message);
            int earlier = Math.Max(0, message.ReceiveCount - 1);

            // The service's own clock, so that a wrong one here brings nothing early; it is told by the first receipt only.
            DateTimeOffset now = earlier == 0 && message.FirstReceivedAt is { } serverNow ? serverNow : _time.GetUtcNow();
            bool isEarly = envelope.DueAt > now;
            var delivery = new SqsDelivery(envelope, message.ReceiptHandle, receivedAt)
            {
                Deadline = After(receivedAt, hidden),

                // In a FIFO queue failures come back by visibility as well, so that receives beyond the first are no crashes there.
                Crashes = _options.Fifo ? 0 : envelope.Tries.Crashes + earlier,
                Attempt = envelope.Tries.Failures + envelope.Tries.Crashes + earlier + 1,
            };
            if (isEarly)
            {
                (early ??= []).Add(delivery);
            }
            else
            {
                found.Add(delivery);
            }
        }

        if (early is not null)
        {
            await Task.WhenAll(early.Select(delivery =>
                PutBackAsync(delivery, delivery.Envelope.Tries, delivery.Envelope.DueAt!.Value - _time.GetUtcNow()))).ConfigureAwait(false);
        }

        return received.Messages.Count + received.Damaged.Count;
    }

    private async Task PutBackDamagedAsync(IReadOnlyList<SqsMessage> damaged)
    {
        Log.Damaged(_logger, _name, damaged.Count);
        try
        {
            await Task.WhenAll(damaged.Select(message =>
                _changes.AddAsync(new SqsVisibilityChange(message.ReceiptHandle, TimeSpan.Zero)))).ConfigureAwait(false);
        }
        catch (SqsException error)
        {
            Log.PutBackFailed(_logger, error, _name, damaged.Count);
        }
    }

    /// <summary>Sends a message again that was received and not run, so that its receives are not counted; a failure leaves it to its visibility timeout.</summary>
    private async Task PutBackAsync(SqsDelivery delivery, Tries tries, TimeSpan delay)
    {
        try
        {
            await SendAgainAsync(delivery, tries, delay).ConfigureAwait(false);
        }
        catch (SqsException error)
        {
            Log.PutBackFailed(_logger, error, _name, 1);
        }
    }
}
