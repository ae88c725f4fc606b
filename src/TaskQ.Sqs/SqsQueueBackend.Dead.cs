using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sqs.Batch;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>
/// Dead letters: a queue of their own, with the reason in attributes; the one that the redrive policy names, otherwise
/// "name-dead". To look at them is to receive them all, hide them for a moment and show them again. Beside a companion, which keeps
/// them, there are only those that SQS has moved itself.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    private const string ReasonName = "reason";
    private const string ErrorTypeName = "errorType";
    private const string ErrorName = "error";
    private const string AttemptsName = "attempts";
    private const string DiedName = "died";
    private const string QueueAttribute = "queue";

    /// <summary>An answer without messages is not the end yet: SQS asks only some of its servers.</summary>
    private const int EmptyAnswers = 2;

    private static readonly TimeSpan ScanTime = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _scan = new(1);
    private Task<QueueInfo?>? _foundDead;

    public async ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        List<DeadMessage> dead = await ScanDeadAsync(all => [], cancellationToken).ConfigureAwait(false);
        return dead.Count <= max ? dead : dead[..max];
    }

    public async ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) =>
        (await ScanDeadAsync(all => [], cancellationToken).ConfigureAwait(false)).Find(dead => dead.Id == id);

    public async ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        int count = 0;
        await ScanDeadAsync(
            all =>
            {
                List<DeadReceipt> taken = all.Count <= max ? all : all[..max];
                count = taken.Count;
                return taken.ConvertAll(receipt => (receipt, true));
            },
            cancellationToken).ConfigureAwait(false);
        return count;
    }

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => RemoveDeadAsync(id, isRequeued: true, cancellationToken);

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => RemoveDeadAsync(id, isRequeued: false, cancellationToken);

    public async ValueTask PurgeDeadAsync(CancellationToken cancellationToken) =>
        await ScanDeadAsync(all => all.ConvertAll(receipt => (receipt, false)), cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> RemoveDeadAsync(Guid id, bool isRequeued, CancellationToken cancellationToken)
    {
        bool isFound = false;
        await ScanDeadAsync(
            all =>
            {
                List<DeadReceipt> found = all.FindAll(receipt => receipt.Dead.Id == id);
                isFound = found.Count > 0;
                return found.ConvertAll(receipt => (receipt, isRequeued));
            },
            cancellationToken).ConfigureAwait(false);
        return isFound;
    }

    private async Task SendDeadAsync(SqsDelivery delivery, Death death)
    {
        QueueInfo queue = await FindDeadAsync(CancellationToken.None).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"The dead letters of queue '{_name}' belong to its companion.");
        Dictionary<string, SqsAttributeValue> attributes = delivery.Envelope.Attributes(default);
        attributes[QueueAttribute] = SqsAttributeValue.OfText(_name);
        attributes[AttemptsName] = SqsAttributeValue.OfNumber(death.Attempts);
        attributes[DiedName] = SqsAttributeValue.OfNumber(_time.GetUtcNow().ToUnixTimeMilliseconds());
        Add(ReasonName, death.Reason);
        Add(ErrorTypeName, death.ErrorType);
        Add(ErrorName, death.ErrorMessage);
        var message = new SqsOutgoingMessage
        {
            Body = delivery.Envelope.Text(),
            Attributes = attributes,
            Delay = _options.Fifo ? null : TimeSpan.Zero,
            MessageGroupId = _options.Fifo ? delivery.Envelope.Group ?? WholeQueue : null,
            DeduplicationId = _options.Fifo ? Guid.NewGuid().ToString("N") : null,
        };

        // What explains it may make it too large; the message itself matters more.
        if (Protocol.MessageSize.Of(message) > queue.MaxMessageSize)
        {
            attributes.Remove(ErrorName);
            attributes.Remove(ErrorTypeName);
        }

        if ((await SendBatchAsync(queue.Url, [message]).ConfigureAwait(false))[0] is { } error)
        {
            throw Refused(error, delivery.Id);
        }

        void Add(string name, string? value)
        {
            // SQS takes no empty value, and not every character.
            if (!string.IsNullOrEmpty(value))
            {
                attributes[name] = SqsAttributeValue.OfText(AttributeText.Escape(value));
            }
        }
    }

    /// <returns>Null when there can be none.</returns>
    private Task<QueueInfo?> FindDeadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_foundDead is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _foundDead = SearchAsync();
            }

            return _foundDead.WaitAsync(cancellationToken);
        }

        async Task<QueueInfo?> SearchAsync()
        {
            QueueInfo info = await FindAsync().ConfigureAwait(false);
            return _options.Coordinator is not null && info.Redrive is null
                ? null
                : await _finder.FindDeadAsync(_name, info, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<long> CountDeadAsync(CancellationToken cancellationToken)
    {
        if (await FindDeadAsync(cancellationToken).ConfigureAwait(false) is not { } queue)
        {
            return 0;
        }

        IReadOnlyDictionary<string, string> counts = await _client.GetQueueAttributesAsync(queue.Url, Counts, cancellationToken).ConfigureAwait(false);
        return Count(counts, ReadyCount) + Count(counts, InFlightCount);
    }

    /// <summary>Receives all dead letters of this queue, takes away what is chosen, and shows the others again.</summary>
    /// <param name="choose">Gets them, the oldest first; returns which leave, and whether they are made ready.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>All of them, the oldest first.</returns>
    private async Task<List<DeadMessage>> ScanDeadAsync(
        Func<List<DeadReceipt>, List<(DeadReceipt Receipt, bool IsRequeued)>> choose, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        if (await FindDeadAsync(cancellationToken).ConfigureAwait(false) is not { } queue)
        {
            return [];
        }

        await _scan.WaitAsync(cancellationToken).ConfigureAwait(false);
        var handles = new HashSet<string>();
        try
        {
            List<DeadReceipt> all = await ReceiveDeadAsync(queue, handles, cancellationToken).ConfigureAwait(false);
            all.Sort(static (a, b) => a.Dead.DiedAt.CompareTo(b.Dead.DiedAt));
            DateTimeOffset oldest = _queue.DeadLetterRetention < TimeSpan.FromDays(3650) ? _time.GetUtcNow() - _queue.DeadLetterRetention : DateTimeOffset.MinValue;
            foreach (DeadReceipt old in all.FindAll(receipt => receipt.Dead.DiedAt <= oldest))
            {
                all.Remove(old);
                await _client.DeleteAsync(queue.Url, old.Handle, cancellationToken).ConfigureAwait(false);
                handles.Remove(old.Handle);
            }

            foreach ((DeadReceipt receipt, bool isRequeued) in choose(all))
            {
                if (isRequeued)
                {
                    SqsOutgoingMessage message = Outgoing(
                        receipt.Envelope, default, TimeSpan.Zero, deduplicationId: _options.Fifo ? Guid.NewGuid().ToString("N") : null);
                    if (await _sends.AddAsync(message, Protocol.MessageSize.Of(message)).ConfigureAwait(false) is { } error)
                    {
                        throw Refused(error, receipt.Dead.Id);
                    }
                }

                await _client.DeleteAsync(queue.Url, receipt.Handle, cancellationToken).ConfigureAwait(false);
                handles.Remove(receipt.Handle);
            }

            return all.ConvertAll(static receipt => receipt.Dead);
        }
        finally
        {
            // Not cancelled: they would be out of sight for a minute.
            foreach (string[] part in handles.Chunk(Batcher<string>.MaxEntries))
            {
                await _client.ChangeVisibilityBatchAsync(
                    queue.Url, Array.ConvertAll(part, static handle => new SqsVisibilityChange(handle, TimeSpan.Zero)), CancellationToken.None).ConfigureAwait(false);
            }

            _scan.Release();
        }
    }

    private async Task<List<DeadReceipt>> ReceiveDeadAsync(QueueInfo queue, HashSet<string> handles, CancellationToken cancellationToken)
    {
        var all = new List<DeadReceipt>();
        var ids = new HashSet<Guid>();
        for (int empty = 0; empty < EmptyAnswers;)
        {
            SqsReceived received = await _client.ReceiveAsync(
                queue.Url, new SqsReceiveRequest { WaitTime = TimeSpan.Zero, VisibilityTimeout = ScanTime }, cancellationToken).ConfigureAwait(false);
            empty = received.Messages.Count == 0 ? empty + 1 : 0;
            foreach (SqsMessage message in received.Messages)
            {
                handles.Add(message.ReceiptHandle);
                if ((Envelope.TextOf(message, QueueAttribute) ?? _name) == _name && ReadDead(message) is var receipt && ids.Add(receipt.Dead.Id))
                {
                    all.Add(receipt);
                }
            }
        }

        return all;
    }

    /// <summary>A dead letter; one that SQS moved itself, because it was received too often, has no reason with it.</summary>
    private static DeadReceipt ReadDead(SqsMessage message)
    {
        Envelope envelope = Envelope.Read(message);
        bool isOurs = Envelope.TextOf(message, ReasonName) is not null;
        int attempts = int.TryParse(Envelope.TextOf(message, AttemptsName), NumberStyles.None, CultureInfo.InvariantCulture, out int told)
            ? told
            : envelope.Tries.Failures + envelope.Tries.Crashes + Math.Max(1, message.ReceiveCount - 1);
        var death = new Death(
            isOurs ? Text(ReasonName)! : DeadReason.Crashed,
            Text(ErrorTypeName),
            isOurs ? Text(ErrorName) : "SQS moved it here: it was received too often (redrive policy).",
            attempts);
        DateTimeOffset diedAt = Envelope.ReadTime(message, DiedName) ?? message.SentAt ?? DateTimeOffset.UnixEpoch;
        return new DeadReceipt(new DeadMessage(envelope.Id, new MessageBody(envelope.Frame), death, diedAt), envelope, message.ReceiptHandle);

        string? Text(string name) => Envelope.TextOf(message, name) is { } text ? AttributeText.Unescape(text) : null;
    }

    private sealed record DeadReceipt(DeadMessage Dead, Envelope Envelope, string Handle);
}
