using System.Collections.Concurrent;
using System.Globalization;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Protocol;
using TaskQ.Sqs.Queues;

namespace TaskQ.Sqs.Tests.Fake;

/// <summary>
/// SQS in this process, ruled by a clock: delays, visibility, receipts, long polls, redrive, limits, FIFO groups and deduplication.
/// It is stricter than the service in one point: a stale handle is always refused.
/// </summary>
internal sealed class FakeSqs(TimeProvider time) : ISqsClient
{
    private const int Limit = 262_144;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, FakeQueue> _queues = [];
    private int _number;
    private int _busy;

    /// <summary>How often each operation was called.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = [];

    /// <summary>Whether a call is being worked on, rather than waiting for a message.</summary>
    public bool IsBusy => Volatile.Read(ref _busy) > 0;

    public Task<string> CreateQueueAsync(string queueName, IReadOnlyDictionary<string, string> attributes, CancellationToken cancellationToken) => RunAsync("CreateQueue", () =>
    {
        if (!_queues.TryGetValue(queueName, out FakeQueue? queue))
        {
            _queues[queueName] = queue = new FakeQueue("fake://" + queueName);
            queue.Attributes["QueueArn"] = "arn:aws:sqs:us-east-1:000000000000:" + queueName;
            queue.Attributes["MaximumMessageSize"] = Limit.ToString(CultureInfo.InvariantCulture);
            queue.Attributes["VisibilityTimeout"] = "30";
            foreach ((string name, string value) in attributes)
            {
                queue.Attributes[name] = value;
            }
        }

        return queue.Url;
    });

    public Task<string> GetQueueUrlAsync(string queueName, CancellationToken cancellationToken) => RunAsync("GetQueueUrl", () =>
        _queues.TryGetValue(queueName, out FakeQueue? queue) ? queue.Url : throw new SqsException("no queue") { Kind = SqsErrorKind.QueueDoesNotExist });

    public Task<IReadOnlyDictionary<string, string>> GetQueueAttributesAsync(string queueUrl, IReadOnlyList<string> names, CancellationToken cancellationToken) => RunAsync<IReadOnlyDictionary<string, string>>("GetQueueAttributes", () =>
    {
        FakeQueue queue = Queue(queueUrl);
        DateTimeOffset now = time.GetUtcNow();
        Redrive(queue, now);
        var all = new Dictionary<string, string>(queue.Attributes)
        {
            ["ApproximateNumberOfMessages"] = Count(m => m.VisibleAt <= now),
            ["ApproximateNumberOfMessagesDelayed"] = Count(m => m.VisibleAt > now && m.Receives == 0),
            ["ApproximateNumberOfMessagesNotVisible"] = Count(m => m.VisibleAt > now && m.Receives > 0),
        };
        return names.Where(all.ContainsKey).ToDictionary(name => name, name => all[name]);

        string Count(Func<FakeMessage, bool> which) => queue.Messages.Count(which).ToString(CultureInfo.InvariantCulture);
    });

    public async Task<SqsSendResult> SendAsync(string queueUrl, SqsOutgoingMessage message, CancellationToken cancellationToken) =>
        (await SendBatchAsync(queueUrl, [message], cancellationToken))[0];

    public Task<IReadOnlyList<SqsSendResult>> SendBatchAsync(string queueUrl, IReadOnlyList<SqsOutgoingMessage> messages, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<SqsSendResult>>("SendMessageBatch", () =>
    {
        FakeQueue queue = Queue(queueUrl);
        if (messages.Count is < 1 or > 10 || messages.Sum(MessageSize.Of) > Limit)
        {
            throw new SqsException($"A batch of {messages.Count} entries and {messages.Sum(MessageSize.Of)} bytes.") { Kind = SqsErrorKind.MessageTooLarge, IsSenderFault = true };
        }

        SqsSendResult[] results = [.. messages.Select(message => Send(queue, message))];
        queue.Wake();
        return results;
    });

    public async Task<SqsReceived> ReceiveAsync(string queueUrl, SqsReceiveRequest request, CancellationToken cancellationToken)
    {
        DateTimeOffset end = time.GetUtcNow() + request.WaitTime;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (SqsMessage[] Messages, Task Changed, TimeSpan Next) answer = await RunAsync("ReceiveMessage", () =>
            {
                FakeQueue queue = Queue(queueUrl);
                DateTimeOffset now = time.GetUtcNow();
                SqsMessage[] taken = Receive(queue, request, now);
                DateTimeOffset next = queue.Messages.Select(m => m.VisibleAt).Where(at => at > now).Append(end).Min();
                return (taken, queue.Changed.Task, next - now);
            });
            if (answer.Messages.Length > 0 || time.GetUtcNow() >= end)
            {
                return new SqsReceived(answer.Messages, []);
            }

            if (answer.Next > TimeSpan.Zero)
            {
                using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(answer.Changed, Task.Delay(answer.Next, time, woken.Token));
                await woken.CancelAsync();
            }
        }
    }

    public async Task DeleteAsync(string queueUrl, string receiptHandle, CancellationToken cancellationToken) =>
        Throw((await DeleteBatchAsync(queueUrl, [receiptHandle], cancellationToken))[0]);

    public Task<IReadOnlyList<SqsEntryError?>> DeleteBatchAsync(string queueUrl, IReadOnlyList<string> receiptHandles, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<SqsEntryError?>>("DeleteMessageBatch", () =>
    {
        FakeQueue queue = Queue(queueUrl);
        return [.. receiptHandles.Select(handle => WithReceipt(queue, handle, m =>
        {
            queue.Messages.Remove(m);
            queue.Wake();
        }))];
    });

    public async Task ChangeVisibilityAsync(string queueUrl, SqsVisibilityChange change, CancellationToken cancellationToken) =>
        Throw((await ChangeVisibilityBatchAsync(queueUrl, [change], cancellationToken))[0]);

    public Task<IReadOnlyList<SqsEntryError?>> ChangeVisibilityBatchAsync(string queueUrl, IReadOnlyList<SqsVisibilityChange> changes, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<SqsEntryError?>>("ChangeMessageVisibilityBatch", () =>
    {
        FakeQueue queue = Queue(queueUrl);
        DateTimeOffset now = time.GetUtcNow();
        return [.. changes.Select(change => WithReceipt(queue, change.ReceiptHandle, m =>
        {
            m.VisibleAt = now + change.Timeout;
            queue.Wake();
        }, m => m.ReceivedAt!.Value + TimeSpan.FromHours(12) >= now + change.Timeout))];
    });

    public Task PurgeAsync(string queueUrl, CancellationToken cancellationToken) => RunAsync("PurgeQueue", () =>
    {
        Queue(queueUrl).Messages.Clear();
        return true;
    });

    public void Dispose()
    {
    }

    private static void Throw(SqsEntryError? error)
    {
        if (error is not null)
        {
            throw new SqsException(error.Message) { Kind = error.Kind, ErrorCode = error.Code, IsSenderFault = error.IsSenderFault };
        }
    }

    private async Task<T> RunAsync<T>(string operation, Func<T> action)
    {
        Calls.AddOrUpdate(operation, 1, static (_, count) => count + 1);
        Interlocked.Increment(ref _busy);
        try
        {
            // As over a network: never on the caller's stack.
            await Task.Yield();
            lock (_lock)
            {
                return action();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
        }
    }

    private FakeQueue Queue(string url) =>
        _queues.Values.FirstOrDefault(queue => queue.Url == url) ?? throw new SqsException("no queue") { Kind = SqsErrorKind.QueueDoesNotExist };

    private SqsSendResult Send(FakeQueue queue, SqsOutgoingMessage message)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (MessageSize.Of(message) > long.Parse(queue.Attributes["MaximumMessageSize"], CultureInfo.InvariantCulture))
        {
            return new SqsSendResult(null, null, new SqsEntryError("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than the limit.", true));
        }

        if (message.Body.Length == 0 || message.Attributes is { Count: > 10 } || message.Delay is { } d && (d > TimeSpan.FromMinutes(15) || d.Ticks % TimeSpan.TicksPerSecond != 0 || queue.IsFifo)
            || queue.IsFifo != (message.MessageGroupId is not null))
        {
            return new SqsSendResult(null, null, new SqsEntryError("InvalidParameterValue", "a value is not valid", true));
        }

        if (queue.IsFifo && queue.Deduplicated.TryGetValue(message.DeduplicationId!, out var known) && known.Until > now)
        {
            return new SqsSendResult(known.Id, "1", null);
        }

        string id = new Guid(++_number, 0, 0, new byte[8]).ToString();
        queue.Messages.Add(new FakeMessage { Id = id, Sent = message, SentAt = now, VisibleAt = now + (message.Delay ?? TimeSpan.Zero) });
        if (queue.IsFifo)
        {
            queue.Deduplicated[message.DeduplicationId!] = (now + TimeSpan.FromMinutes(5), id);
        }

        return new SqsSendResult(id, queue.IsFifo ? _number.ToString(CultureInfo.InvariantCulture) : null, null);
    }

    private SqsMessage[] Receive(FakeQueue queue, SqsReceiveRequest request, DateTimeOffset now)
    {
        Redrive(queue, now);
        var blocked = new HashSet<string>();
        var taken = new List<SqsMessage>();

        // The longest visible first, as the service roughly does.
        foreach (FakeMessage message in queue.IsFifo ? [.. queue.Messages] : queue.Messages.OrderBy(m => m.VisibleAt).ToList())
        {
            bool isHidden = message.VisibleAt > now || (queue.IsFifo && blocked.Contains(message.Sent.MessageGroupId!));
            if (isHidden && queue.IsFifo)
            {
                blocked.Add(message.Sent.MessageGroupId!);
            }

            if (isHidden || taken.Count == request.MaxMessages)
            {
                continue;
            }

            message.Receives++;
            message.Handle = string.Create(CultureInfo.InvariantCulture, $"{message.Id}/{++_number}");
            message.ReceivedAt = now;
            message.FirstReceivedAt ??= now;
            message.VisibleAt = now + (request.VisibilityTimeout ?? TimeSpan.FromSeconds(30));
            taken.Add(new SqsMessage
            {
                MessageId = message.Id,
                ReceiptHandle = message.Handle,
                Body = message.Sent.Body,
                Attributes = message.Sent.Attributes ?? new Dictionary<string, SqsAttributeValue>(),
                ReceiveCount = message.Receives,
                SentAt = message.SentAt,
                FirstReceivedAt = message.FirstReceivedAt,
                MessageGroupId = message.Sent.MessageGroupId,
            });
        }

        return [.. taken];
    }

    private void Redrive(FakeQueue queue, DateTimeOffset now)
    {
        if (RedrivePolicy.Parse(queue.Attributes.GetValueOrDefault("RedrivePolicy")) is not { } policy)
        {
            return;
        }

        FakeQueue dead = _queues.Values.First(other => other.Attributes["QueueArn"] == policy.DeadLetterArn);
        foreach (FakeMessage message in queue.Messages.Where(m => m.VisibleAt <= now && m.Receives >= policy.MaxReceiveCount).ToList())
        {
            queue.Messages.Remove(message);
            dead.Messages.Add(message);
        }
    }

    private SqsEntryError? WithReceipt(FakeQueue queue, string handle, Action<FakeMessage> action, Func<FakeMessage, bool>? isAllowed = null)
    {
        FakeMessage? message = queue.Messages.Find(m => m.Handle == handle);
        if (message is null || message.VisibleAt <= time.GetUtcNow() || isAllowed?.Invoke(message) == false)
        {
            return new SqsEntryError("ReceiptHandleIsInvalid", "The receipt handle has expired.", true);
        }

        action(message);
        return null;
    }
}
