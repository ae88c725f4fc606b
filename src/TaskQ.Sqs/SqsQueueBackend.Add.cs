using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sqs.Body;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Protocol;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>Adding. An add ends when SQS has accepted that very message; those that come at the same time share requests.</summary>
internal sealed partial class SqsQueueBackend
{
    private const int SendTries = 5;

    private const string WholeQueue = "all";

    public async ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        QueueInfo info = await FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        (SqsOutgoingMessage outgoing, long size) = Prepare(message, info);
        Task<SqsEntryError?> sending = _sends.AddAsync(outgoing, size);
        SqsEntryError? error = await (cancellationToken.CanBeCanceled ? sending.WaitAsync(cancellationToken) : sending).ConfigureAwait(false);
        return error is null ? new AddResult(message.Id, AddStatus.Added) : throw Refused(error, message.Id);
    }

    public async ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        QueueInfo info = await FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        // All of them before the first is sent: one that is too large must not leave half of the range behind.
        var prepared = new (SqsOutgoingMessage, long)[messages.Length];
        for (int i = 0; i < prepared.Length; i++)
        {
            prepared[i] = Prepare(messages.Span[i], info);
        }

        Task<SqsEntryError?>[] sending = _sends.AddRange(prepared);
        Task<SqsEntryError?[]> all = Task.WhenAll(sending);
        SqsEntryError?[] errors = await (cancellationToken.CanBeCanceled ? all.WaitAsync(cancellationToken) : all).ConfigureAwait(false);
        var results = new AddResult[errors.Length];
        for (int i = 0; i < results.Length; i++)
        {
            Guid id = messages.Span[i].Id;
            results[i] = errors[i] is { } error ? throw Refused(error, id) : new AddResult(id, AddStatus.Added);
        }

        return results;
    }

    private (SqsOutgoingMessage Message, long Size) Prepare(in NewMessage message, QueueInfo info)
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan delay = message.DueAt is { } due ? due - now : message.Delay;
        byte[] frame = message.Body.Frame ?? throw new InvalidOperationException($"Message {message.Id} has no frame.");

        // Before the text is made: it may be large.
        if (BodyText.LengthOf(frame.Length) > info.MaxMessageSize)
        {
            throw TooLarge(message, info, BodyText.LengthOf(frame.Length));
        }

        SqsOutgoingMessage outgoing = Outgoing(
            Envelope.Of(message.Id, frame, message.TaskName),
            default,
            delay,
            group: _options.Fifo ? _options.MessageGroup?.Invoke(message) ?? WholeQueue : null,
            deduplicationId: _options.Fifo ? DeduplicationIdOf(message) : null);
        long size = MessageSize.Of(outgoing);
        return size <= info.MaxMessageSize ? (outgoing, size) : throw TooLarge(message, info, size);
    }

    /// <summary>A dead letter that is made ready again is no repeated send of the message that it was: SQS would drop it without a word.</summary>
    private string DeduplicationIdOf(in NewMessage message) => message.DiedAt is { } diedAt
        ? string.Create(CultureInfo.InvariantCulture, $"{message.Id:N}-{diedAt.UtcTicks:x}")
        : _options.DeduplicationId?.Invoke(message) ?? message.Id.ToString("N");

    private static PayloadException TooLarge(in NewMessage message, QueueInfo info, long size) => new(
        $"A message of task '{message.TaskName}' takes {size} bytes in SQS; the limit of the queue '{info.Name}' is {info.MaxMessageSize} bytes (its attribute MaximumMessageSize).");

    private SqsOutgoingMessage Outgoing(Envelope envelope, Tries tries, TimeSpan delay, string? group = null, string? deduplicationId = null)
    {
        if (!_options.Fifo)
        {
            DateTimeOffset now = _time.GetUtcNow();
            delay = delay < DateTimeOffset.MaxValue - now ? delay : DateTimeOffset.MaxValue - now;
            return envelope.Outgoing(tries, delay, now + delay);
        }

        return new SqsOutgoingMessage
        {
            Body = envelope.Text(),
            Attributes = envelope.Attributes(tries),
            MessageGroupId = group ?? envelope.Group ?? WholeQueue,
            DeduplicationId = deduplicationId,
        };
    }

    private SqsException Refused(SqsEntryError error, Guid id) =>
        new($"SQS did not accept message {id} of queue '{_name}' ({error.Code}): {error.Message}")
        {
            Kind = error.Kind,
            ErrorCode = error.Code,
            IsSenderFault = error.IsSenderFault,
        };

    private async Task<SqsEntryError?[]> SendBatchAsync(SqsOutgoingMessage[] messages) =>
        await SendBatchAsync((await FindAsync().ConfigureAwait(false)).Url, messages).ConfigureAwait(false);

    /// <summary>Sends a batch, and again those entries that the service itself failed to take.</summary>
    private async Task<SqsEntryError?[]> SendBatchAsync(string url, SqsOutgoingMessage[] messages)
    {
        var errors = new SqsEntryError?[messages.Length];
        int[] left = [.. Enumerable.Range(0, messages.Length)];
        for (int tries = 1; ; tries++)
        {
            IReadOnlyList<SqsSendResult> results = await _client
                .SendBatchAsync(url, Array.ConvertAll(left, i => messages[i]), CancellationToken.None).ConfigureAwait(false);
            for (int i = 0; i < left.Length; i++)
            {
                errors[left[i]] = results[i].Error;
            }

            left = Array.FindAll(left, i => errors[i] is { IsSenderFault: false });
            if (left.Length == 0 || tries == SendTries)
            {
                return errors;
            }

            await Task.Delay(Pause(tries), _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>How long to wait after so many tries: 50 ms, doubled each time up to 2 s, of which a random half is left out.</summary>
    private static TimeSpan Pause(int tries) =>
        TimeSpan.FromMilliseconds(Math.Min(2000, 50 << Math.Min(tries - 1, 6)) * (0.5 + (Random.Shared.NextDouble() / 2)));
}
