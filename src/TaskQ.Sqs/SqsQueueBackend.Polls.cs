using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;
using TaskQ.Sqs.Telemetry;

namespace TaskQ.Sqs;

/// <summary>
/// Polls that outlive their fetch. A request that is broken off may bring its messages all the same, to nobody, and hide them
/// from everybody. So a fetch that ends leaves its poll to the next one; what it brings while there is none is put back.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    private readonly List<Poll> _leftPolls = [];

    private Poll StartPoll(QueueInfo info, int max, TimeSpan wait, TimeSpan hidden)
    {
        TimeSpan pollTime = wait < _options.LongPoll ? Envelope.WholeSeconds(wait) : _options.LongPoll;
        var found = new List<SqsDelivery>();
        return new Poll(hidden, found, ReceiveOnceAsync(info, Math.Min(max, ReceiveSize), pollTime, hidden, found, _closing.Token));
    }

    private Poll? TakeLeftPoll(TimeSpan hidden)
    {
        lock (_leftPolls)
        {
            Poll? poll = _leftPolls.Find(left => left.Hidden == hidden);
            if (poll is not null)
            {
                _leftPolls.Remove(poll);
            }

            return poll;
        }
    }

    private void LeavePoll(Poll poll)
    {
        lock (_leftPolls)
        {
            _leftPolls.Add(poll);
        }

        _ = WatchAsync(poll);
    }

    private async Task WatchAsync(Poll poll)
    {
        await ((Task)poll.Receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_leftPolls)
        {
            if (!_leftPolls.Remove(poll))
            {
                return;
            }
        }

        if (poll.Receiving.IsCompletedSuccessfully)
        {
            await PutBackAllAsync(poll.Found).ConfigureAwait(false);
        }
        else if (poll.Receiving.Exception?.InnerException is SqsException error)
        {
            Log.ReceiveFailed(_logger, error, _name);
        }
    }

    /// <summary>Puts back what was received for nobody: with what it had behind it, so that it is not counted.</summary>
    private Task PutBackAllAsync(IEnumerable<SqsDelivery> deliveries) => Task.WhenAll(deliveries.Select(delivery => _options.Fifo
        ? PutBackInPlaceAsync(delivery)
        : PutBackAsync(delivery, delivery.Envelope.Tries with { Crashes = delivery.Crashes }, TimeSpan.Zero)));

    private async Task PutBackInPlaceAsync(SqsDelivery delivery)
    {
        try
        {
            await ShowAsync(delivery, TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (SqsException error)
        {
            Log.PutBackFailed(_logger, error, _name, 1);
        }
    }
}
